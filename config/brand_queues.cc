// The section of a brand that says who answers: queues.
#include <algorithm>
#include <array>
#include <set>

#include "config/brand_closed.h"
#include "config/brand_dial.h"
#include "config/brand_overdue.h"
#include "config/brand_words.h"

namespace tapline {

namespace {

constexpr std::array<std::string_view, 3> kReplyNames = {"{tracking_number}", "{brand}",
                                                         "{respond_within}"};
constexpr std::string_view kAlways = "always";
constexpr std::string_view kOwner = "owner";

Parsed<bool> parse_answered_by(std::string_view written) {
    if (written == "outcome") return true;
    if (written == "acknowledgement") return false;
    return tl::unexpected<std::string>("");
}

constexpr ValueKind<bool> kAnsweredBy = {"outcome or acknowledgement", parse_answered_by};

void read_respond_within(const YamlNode* node, const std::string& what, Report& report,
                         Queue& queue) {
    if (node == nullptr || node->kind != YamlNode::Kind::map) {
        queue.respond_within = read_value(node, kDuration, report);
        return;
    }
    KeyReader fields(node, what + " respond_within", report);
    queue.respond_within = read_value(fields.find("default"), kDuration, report);
    for (int i = 0; i < kChannels; ++i) {
        const auto channel = static_cast<Channel>(i);
        queue.respond_within_by_channel.at(static_cast<std::size_t>(i)) =
            read_value(fields.find(to_string(channel)), kDuration, report);
    }
    queue.respond_within_missed_call = read_value(fields.find("missed_call"), kDuration, report);
    fields.done();
}

void read_express(const YamlNode* node, const std::string& what, Report& report, Queue& queue) {
    if (node == nullptr) return;
    KeyReader fields(node, what + " express", report);
    const auto cap =
        read_value(fields.need("cap", "add cap: the entries of its express lane"), kCount, report);
    fields.done();
    queue.express_cap = cap.value_or(queue.express_cap);
}

// "always" is there without being defined, for a department that never closes.
std::string read_queue_hours(const YamlNode* node, BrandReading& reading) {
    const bool always = node != nullptr && node->kind == YamlNode::Kind::scalar &&
                        node->text == kAlways && !reading.hours.all.contains(kAlways);
    return always ? "" : read_reference(node, "hours", reading.hours, reading.report);
}

void remember(const Entry& entry, std::string_view key, std::string_view kind,
              BrandReading& reading) {
    const YamlNode* node = entry.value.find(key);
    if (node != nullptr) reading.draft.places[{std::string(kind), entry.key}] = node->where;
}

void read_queue(const Entry& entry, BrandReading& reading) {
    Report& report = reading.report;
    const std::string what = "queue " + shown(entry.key);
    Queue queue;
    queue.name = entry.key;
    if (entry.value.kind != YamlNode::Kind::nothing) {
        KeyReader fields(&entry.value, what, report);
        read_reference(fields.find("like"), "queue", reading.queues, report);
        queue.hours = read_queue_hours(fields.find("hours"), reading);
        read_respond_within(fields.find("respond_within"), what, report, queue);
        read_dial(fields.find("dial"), what, reading, queue.dial);
        queue.closed = read_closed(fields.find("closed"), what, reading);
        queue.reply = read_reply(fields.find("reply"), kReplyNames, report);
        queue.overdue = read_overdue(fields.find("overdue"), what, reading);
        read_express(fields.find("express"), what, report, queue);
        queue.max_age =
            read_value(fields.find("max_age"), kDuration, report).value_or(queue.max_age);
        queue.backfill_below = read_value(fields.find("backfill_below"), kCount, report);
        queue.answered_by_outcome =
            read_value(fields.find("answered_by"), kAnsweredBy, report).value_or(false);
        queue.close_publicly = read_value(fields.find("close_publicly"), kDuration, report);
        queue.in_charge = read_text(fields.find("in_charge"), report).value_or("");
        fields.done();
        for (const char* key :
             {"dial", "closed", "overdue", "reply", "max_age", "respond_within"}) {
            remember(entry, key, key, reading);
        }
        remember(entry, "hours", "queue hours", reading);
    }
    if (entry.key == kOwner) {
        report.error(entry.where,
                     "a queue cannot be called \"owner\", because \"to: owner\" means "
                     "the queue that owns the customer's journey; call it otherwise");
    }
    reading.draft.places[{"queue", entry.key}] = entry.where;
    reading.draft.brand.queues[entry.key] = std::move(queue);
}

// Every key that `own` does not give, as it is in `model`.
void inherit(const YamlNode& own, const Queue& model, Queue& queue) {
    const auto lacks = [&own](std::string_view key) { return own.find(key) == nullptr; };
    if (lacks("hours")) queue.hours = model.hours;
    if (lacks("closed")) queue.closed = model.closed;
    if (lacks("respond_within")) {
        queue.respond_within = model.respond_within;
        queue.respond_within_by_channel = model.respond_within_by_channel;
        queue.respond_within_missed_call = model.respond_within_missed_call;
    }
    if (lacks("dial")) queue.dial = model.dial;
    if (lacks("reply")) queue.reply = model.reply;
    if (lacks("overdue")) queue.overdue = model.overdue;
    if (lacks("express")) queue.express_cap = model.express_cap;
    if (lacks("max_age")) queue.max_age = model.max_age;
    if (lacks("backfill_below")) queue.backfill_below = model.backfill_below;
    if (lacks("answered_by")) queue.answered_by_outcome = model.answered_by_outcome;
    if (lacks("close_publicly")) queue.close_publicly = model.close_publicly;
    if (lacks("in_charge")) queue.in_charge = model.in_charge;
}

// Resolves `like` from the model to its copies, whatever order they are written in.
class Likenesses {
  public:
    Likenesses(const std::vector<const Entry*>& entries, BrandReading& reading)
        : reading_(reading) {
        for (const Entry* entry : entries) entries_[entry->key] = entry;
    }

    void resolve_all() {
        for (const auto& [name, entry] : entries_) resolve(*entry);
    }

  private:
    // The queue that it is like; null for none.
    const Entry* model_of(const Entry& entry) const {
        const YamlNode* like = entry.value.find("like");
        if (like == nullptr || like->kind != YamlNode::Kind::scalar) return nullptr;
        const auto found = entries_.find(like->text);
        return found == entries_.end() ? nullptr : found->second;
    }

    // Along the chain of models to the first that is resolved, then back: no recursion on what
    // somebody wrote.
    void resolve(const Entry& start) {
        std::vector<const Entry*> chain;
        for (const Entry* one = &start; one != nullptr && !done_.contains(one->key);
             one = model_of(*one)) {
            const auto again = std::find(chain.begin(), chain.end(), one);
            if (again != chain.end()) {
                report_circle({again, chain.end()});
                for (const Entry* member : chain) done_.insert(member->key);
                return;
            }
            chain.push_back(one);
        }
        for (auto one = chain.rbegin(); one != chain.rend(); ++one) {
            if (const Entry* model = model_of(**one)) copy(**one, *model);
            done_.insert((*one)->key);
        }
    }

    void copy(const Entry& entry, const Entry& model) {
        auto& queues = reading_.draft.brand.queues;
        inherit(entry.value, queues.at(model.key), queues.at(entry.key));
        auto& places = reading_.draft.places;
        for (const char* kind :
             {"dial", "closed", "overdue", "reply", "max_age", "respond_within", "queue hours"}) {
            const auto found = places.find({kind, model.key});
            if (found != places.end()) places.insert({{kind, entry.key}, found->second});
        }
    }

    void report_circle(const std::vector<const Entry*>& circle) {
        std::string path;
        for (const Entry* one : circle) path += shown(one->key) + " is like ";
        const Entry& first = *circle.front();
        reading_.report.error(first.value.find("like")->where,
                              "queue " + path + shown(first.key) +
                                  "; give one of them its own keys in place of \"like\"");
    }

    BrandReading& reading_;
    std::map<std::string, const Entry*> entries_;
    std::set<std::string> done_;
};

}  // namespace

void read_queues(const YamlNode* section, BrandReading& reading) {
    const auto entries = read_named(section, "queue", reading.report);
    for (const Entry* entry : entries) read_queue(*entry, reading);
    Likenesses(entries, reading).resolve_all();
}

}  // namespace tapline
