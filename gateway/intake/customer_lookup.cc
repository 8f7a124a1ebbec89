#include "gateway/intake/customer_lookup.h"

#include <algorithm>
#include <array>

#include "adapters/json.h"
#include "gateway/intake/script_answer.h"
#include "gateway/redis/keys.h"

namespace tapline {

using redis::Reply;

namespace {

bool asks_for_open_journey(const When& when) {
    const auto asks = [](const When& one) { return asks_for_open_journey(one); };
    return when.open_journey || std::any_of(when.any.begin(), when.any.end(), asks) ||
           std::any_of(when.all.begin(), when.all.end(), asks) ||
           std::any_of(when.none.begin(), when.none.end(), asks);
}

struct Asked {
    std::optional<Error> failed;
    CustomerAnswer answer;
};

}  // namespace

std::optional<Suppression> parse_suppression(std::string_view text) {
    const auto root = json::parse(text);
    if (!root) return std::nullopt;
    const auto named =
        json::members(*root, std::array<std::string_view, 3>{"reason", "author", "until"});
    if (!named) return std::nullopt;
    const auto until = json::integer_of((*named)[2]);
    if (!until) return std::nullopt;
    return Suppression{std::string(json::text_of((*named)[0]).value_or("")),
                       std::string(json::text_of((*named)[1]).value_or("")), from_ms(*until)};
}

void look_up_customer(const AcceptorParts& parts, const CustomerQuestion& question,
                      std::function<void(Result<CustomerAnswer>)> done) {
    auto asked = std::make_shared<Asked>();
    const auto finish = [asked, done = std::move(done)] {
        if (asked->failed) return done(tl::unexpected(*asked->failed));
        done(std::move(asked->answer));
    };
    const std::string optouts = redis::brand_key(question.brand, "optouts");
    const std::string suppressed = redis::brand_key(question.brand, "suppressed");
    const bool both = question.opted_out && question.suppressed;
    if (question.opted_out) {
        parts.link->submit(redis::encode({"ZSCORE", optouts, question.customer_hash}),
                           [asked, finish, both](Result<Reply> answered) {
                               const auto reply = checked(std::move(answered));
                               if (!reply) asked->failed = reply.error();
                               if (reply)
                                   asked->answer.opted_out = reply->kind == Reply::Kind::text;
                               if (!both) finish();
                           });
    }
    if (!question.suppressed) return;
    parts.link->submit(redis::encode({"HGET", suppressed, question.customer_hash}),
                       [asked, finish](Result<Reply> answered) {
                           const auto reply = checked(std::move(answered));
                           if (!reply) asked->failed = reply.error();
                           if (reply) asked->answer.suppressed = parse_suppression(reply->text);
                           finish();
                       });
}

bool is_open(const JourneyRecord& record) {
    constexpr std::array<std::string_view, 4> kOpen = {"", "answered", "partial", "transferred"};
    return std::find(kOpen.begin(), kOpen.end(), record.journey.last_outcome) != kOpen.end();
}

OpenJourney open_journey_of(const JourneyRecord& record) {
    return {record.journey.number.compact(), record.journey.queue, record.last_at};
}

bool asks_for_open_journey(const Brand& brand) {
    return std::any_of(brand.routes.begin(), brand.routes.end(), [](const Route& route) {
        return route.to_owner || asks_for_open_journey(route.when);
    });
}

BrandNeeds BrandNeedsCache::of(const std::shared_ptr<const Brand>& brand) {
    const std::lock_guard lock(mutex_);
    Known& known = known_[brand->name];
    if (known.brand.lock() == brand) return known.needs;
    const auto& routes = brand->routes;
    const bool waits = std::any_of(routes.begin(), routes.end(),
                                   [](const Route& route) { return route.patience.has_value(); });
    known = {brand, {asks_for_open_journey(*brand), waits}};
    return known.needs;
}

}  // namespace tapline
