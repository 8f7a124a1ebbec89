#include "gateway/intake/journey_lookup.h"

#include <memory>

#include "gateway/intake/script_answer.h"
#include "gateway/redis/keys.h"

namespace tapline {

using redis::Reply;

namespace {

std::string journey_life() {
    return std::to_string(kJourneyLife.count());
}

// One look-up on its way. Lives as long as a command of it is under way.
class LookupRun : public std::enable_shared_from_this<LookupRun> {
  public:
    LookupRun(const AcceptorParts& parts, JourneyLookup query, OnJourney done)
        : link_(*parts.link), query_(std::move(query)), done_(std::move(done)) {}

    void by_thread() {
        const std::string key = redis::thread_key(query_.brand, query_.thread->founder);
        link_.submit(redis::encode({"GETEX", key, "PX", journey_life()}),
                     [self = shared_from_this()](Result<Reply> reply) {
                         self->on_thread(std::move(reply));
                     });
    }

    void by_numbers() {
        std::vector<std::string> keys;
        keys.reserve(query_.numbers.size());
        for (const auto& number : query_.numbers) {
            keys.push_back(redis::journey_key(query_.brand, number.compact()));
        }
        std::vector<std::string_view> words = {"MGET"};
        words.insert(words.end(), keys.begin(), keys.end());
        link_.submit(redis::encode(words), [self = shared_from_this()](Result<Reply> reply) {
            self->on_journeys(std::move(reply));
        });
    }

  private:
    void on_thread(Result<Reply> answered) {
        const auto reply = checked(std::move(answered));
        if (!reply) return done_(tl::unexpected(reply.error()));
        const TrackingNumber own = query_.thread->number;
        const auto kept = TrackingNumber::parse(reply->text);
        thread_kept_ = kept.has_value();
        found_.number = own;
        if (kept) {
            query_.numbers = {*kept};
        } else {
            // Nothing else is named: the script itself finds the conversation's journey.
            if (query_.numbers.empty() && query_.is_contact) return done_(std::move(found_));
            query_.numbers.insert(query_.numbers.begin(), own);
        }
        by_numbers();
    }

    // Another event's journey that has the thread's number by chance.
    bool is_stranger(const JourneyRecord& record) const {
        return query_.thread && !thread_kept_ && record.journey.number == query_.thread->number &&
               record.journey.founder != query_.thread->founder;
    }

    void on_journeys(Result<Reply> answered) {
        const auto reply = checked(std::move(answered));
        if (!reply) return done_(tl::unexpected(reply.error()));
        for (std::size_t i = 0; i < query_.numbers.size(); ++i) {
            const auto packed = text_at(*reply, i);
            if (!packed) continue;
            auto record = unpack_journey(query_.numbers[i], *packed);
            if (!record || is_stranger(*record)) continue;
            found_ = FoundJourney{std::move(record), std::string(*packed), query_.numbers[i]};
            break;
        }
        const bool is_named = found_.record && query_.thread &&
                              found_.record->journey.founder != query_.thread->founder;
        if (is_named && !thread_kept_ && query_.is_contact) return keep_thread();
        done_(std::move(found_));
    }

    // What follows in the conversation will not name the journey again. Written before the contact
    // is: a contact that is not accepted comes again.
    void keep_thread() {
        const std::string key = redis::thread_key(query_.brand, query_.thread->founder);
        link_.submit(redis::encode({"SET", key, found_.number->compact(), "PX", journey_life()}),
                     [self = shared_from_this()](Result<Reply> answered) {
                         const auto reply = checked(std::move(answered));
                         if (!reply) return self->done_(tl::unexpected(reply.error()));
                         self->done_(std::move(self->found_));
                     });
    }

    redis::Link& link_;
    JourneyLookup query_;
    OnJourney done_;
    FoundJourney found_;
    bool thread_kept_ = false;  // its key names the journey
};

}  // namespace

void look_up_journey(const AcceptorParts& parts, JourneyLookup query, OnJourney done) {
    if (!query.thread) return look_up_numbers(parts, std::move(query), std::move(done));
    std::make_shared<LookupRun>(parts, std::move(query), std::move(done))->by_thread();
}

void look_up_numbers(const AcceptorParts& parts, JourneyLookup query, OnJourney done) {
    if (query.numbers.empty()) return done(FoundJourney{});
    std::make_shared<LookupRun>(parts, std::move(query), std::move(done))->by_numbers();
}

}  // namespace tapline
