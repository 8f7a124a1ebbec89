#include "gateway/intake/gathering.h"

#include <memory>

#include "gateway/intake/script_answer.h"
#include "gateway/redis/keys.h"

namespace tapline {

using redis::Reply;

namespace {

std::string ms_text(Time time) {
    return std::to_string(to_ms(time));
}

std::string ms_text(Milliseconds duration) {
    return std::to_string(duration.count());
}

// One look-up on its way. Lives as long as a command of it is under way.
class GatheringLookup : public std::enable_shared_from_this<GatheringLookup> {
  public:
    using Done = std::function<void(Result<std::optional<Gathering>>)>;

    GatheringLookup(redis::Link& link, std::string brand, Done done)
        : link_(link), brand_(std::move(brand)), done_(std::move(done)) {}

    void start(const std::string& customer_hash) {
        link_.submit(redis::encode({"GET", redis::gather_key(brand_, customer_hash)}),
                     [self = shared_from_this()](Result<Reply> answered) {
                         self->on_gathering(std::move(answered));
                     });
    }

  private:
    void on_gathering(Result<Reply> answered) {
        const auto reply = checked(std::move(answered));
        if (!reply) return done_(tl::unexpected(reply.error()));
        const std::size_t space = reply->text.find(' ');
        if (space == std::string::npos) return done_(std::optional<Gathering>());
        const auto number = TrackingNumber::parse(reply->text.substr(space + 1));
        if (!number) return done_(std::optional<Gathering>());
        found_.ident = reply->text.substr(0, space);
        found_.number = *number;
        // Answers come in the order of the commands.
        link_.submit(held_query(brand_, found_.ident),
                     [self = shared_from_this()](Result<Reply> held) {
                         self->held_ = checked(std::move(held));
                     });
        link_.submit(redis::encode({"GET", redis::journey_key(brand_, number->compact())}),
                     [self = shared_from_this()](Result<Reply> journey) {
                         self->on_journey(std::move(journey));
                     });
    }

    void on_journey(Result<Reply> answered) {
        const auto reply = checked(std::move(answered));
        if (!held_) return done_(tl::unexpected(held_.error()));
        if (!reply) return done_(tl::unexpected(reply.error()));
        found_.held = held_of(found_.ident, *held_);
        found_.journey = unpack_journey(found_.number, reply->text);
        if (found_.journey) found_.packed_journey = reply->text;
        done_(std::optional(std::move(found_)));
    }

    redis::Link& link_;
    std::string brand_;
    Done done_;
    Gathering found_;
    Result<Reply> held_ = Reply{};
};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) {
        if (!text.empty()) text += ' ';
        text += word;
    }
    return text;
}

void add_first_post(const EntryContext& entry, HoldWrite& hold) {
    GatheredData data = gathered_data(entry);
    PostPieces post = post_pieces(entry.event);
    const std::size_t bytes = post.text.size() + post.part.size() + post.attachments.size();
    const Patience& patience = *entry.decision.patience;
    const bool full = bytes >= kGatheredBytesMax;
    hold.timer = entry.accepted_at +
                 (full ? std::chrono::seconds(0) : std::min(patience.quiet, patience.at_most));
    hold.gathering_life = gathering_life(patience);
    hold.fields.insert(hold.fields.end(), {{"_n", "1"},
                                           {"_bytes", std::to_string(bytes)},
                                           {"_first", ms_text(entry.accepted_at)},
                                           {"_head", std::move(data.head)},
                                           {"_mid", std::move(data.mid)},
                                           {"_list", std::move(data.list)},
                                           {"_tail", std::move(data.tail)},
                                           {"_t1", std::move(post.text)},
                                           {"_p1", std::move(post.part)},
                                           {"_a1", std::move(post.attachments)}});
}

std::vector<std::string> keys_of(const GatherWrite& write) {
    const std::string_view brand = write.brand;
    std::vector<std::string> keys = {redis::seen_key(brand, write.founder),
                                     redis::brand_key(brand, "feed"),
                                     redis::journey_key(brand, write.compact_number),
                                     redis::brand_key(brand, "delayed"),
                                     redis::held_key(brand, write.ident),
                                     redis::gather_key(brand, write.customer_hash),
                                     redis::customer_key(brand, write.customer_hash)};
    if (!write.replay_hash.empty()) keys.push_back(redis::seen_key(brand, write.replay_hash));
    return keys;
}

std::vector<std::string> args_of(const GatherWrite& write) {
    std::vector<std::string> args = {
        write.mark,
        ms_text(kSeenLife),
        std::string(write.any_journey ? "-" : write.journey_read),
        write.journey,
        ms_text(kJourneyLife),
        std::string(write.any_customer ? "*" : write.customer_read),
        write.customer,
        ms_text(kCustomerLife),
        std::string(write.ident),
        ms_text(write.now),
        ms_text(Milliseconds(write.patience.quiet)),
        ms_text(Milliseconds(write.patience.at_most)),
        write.pieces.text,
        write.pieces.part,
        write.pieces.attachments,
        std::to_string(kGatheredPostsMax),
        std::to_string(kGatheredBytesMax),
        write.reply_before ? ms_text(*write.reply_before) : std::string(),
        write.flush ? "flush" : "",
        ms_text(gathering_life(write.patience))};
    for (const auto& [name, value] : write.fact) args.push_back(value);
    return args;
}

}  // namespace

void look_up_gathering(const AcceptorParts& parts, const std::string& brand,
                       const std::string& customer_hash,
                       std::function<void(Result<std::optional<Gathering>>)> done) {
    std::make_shared<GatheringLookup>(*parts.link, brand, std::move(done))->start(customer_hash);
}

std::string place_of(const Event& event) {
    return event.connection + ' ' + std::string(to_string(event.channel));
}

Milliseconds gathering_life(const Patience& patience) {
    return patience.quiet + patience.at_most;
}

HoldWrite hold_of(const HoldContext& context) {
    const EntryContext& entry = context.entry;
    const Decision& decision = entry.decision;
    const bool gathers = decision.state == Decision::State::gathering;
    const bool switched = !gathers && !decision.held_by.empty();
    const bool express = decision.priority == "express";
    HoldWrite hold;
    if (switched) hold.switch_name = decision.held_by;
    hold.timer = switched ? entry.accepted_at : decision.release_at.value_or(entry.accepted_at);
    hold.fields = {{"_kind", gathers    ? "patience"
                             : switched ? "switch"
                                        : "hours"},
                   {"_lane", express ? express_lane(decision.queue) : decision.queue},
                   {"_group", decision.queue},
                   {"_copies", joined(decision.copy_to)},
                   {"_step", context.first_step ? ms_text(*context.first_step) : std::string()},
                   {"_at", ms_text(entry.accepted_at)},
                   {"_switch", hold.switch_name},
                   {"_place", place_of(entry.event)},
                   {"_customer", std::string(context.customer_hash)}};
    if (gathers) {
        add_first_post(entry, hold);
        hold.gathering = std::string(context.ident) + ' ' + std::string(context.number);
    }
    return hold;
}

GatherWords::GatherWords(const GatherWrite& write)
    : owned_keys_(keys_of(write)),
      owned_args_(args_of(write)),
      keys_(owned_keys_.begin(), owned_keys_.end()),
      args_(owned_args_.begin(), owned_args_.end()) {}

}  // namespace tapline
