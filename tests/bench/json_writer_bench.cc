// The entry's `data` by our writer and by nlohmann::ordered_json, in one run, as a ratio.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include <nlohmann/json.hpp>

#include "adapters/backends/stream.h"
#include "adapters/time_text.h"

using namespace tapline;

namespace {

constexpr int kRounds = 9;
constexpr int kCalls = 20'000;

std::string by_nlohmann(const EntryContext& context) {
    using Json = nlohmann::ordered_json;
    const Event& event = context.event;
    Json attribution = Json::object();
    for (const auto& [name, value] : event.attribution) attribution[name] = value;
    Json json = {{"specversion", "1.0"},
                 {"id", event.event_id},
                 {"source", "/" + context.brand.name + "/" + event.connection},
                 {"type", event.type},
                 {"subject", context.tracking_number},
                 {"time", to_rfc3339(event.occurred_at)},
                 {"datacontenttype", "application/json"},
                 {"data",
                  {{"customer",
                    {{"id", event.customer.platform_id},
                     {"name", event.customer.name},
                     {"phone", event.customer.phone},
                     {"email", event.customer.email},
                     {"handle", event.customer.handle}}},
                   {"text", event.text},
                   {"subject", event.subject},
                   {"parts", Json::array()},
                   {"attachments", Json::array()},
                   {"visibility", "private"},
                   {"post_url", event.post_url},
                   {"reply",
                    {{"how", event.reply.how},
                     {"account", event.reply.account},
                     {"to", event.reply.to},
                     {"suggested", ""}}},
                   {"attribution", attribution},
                   {"context",
                    {{"open_since", nullptr},
                     {"earlier_contacts", context.customer.earlier_contacts},
                     {"last_outcome", ""},
                     {"promised", ""},
                     {"late_reason", ""}}}}}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <class Make>
double microseconds(Make make) {
    std::vector<double> rounds;
    for (int round = 0; round < kRounds; ++round) {
        const auto began = std::chrono::steady_clock::now();
        std::size_t bytes = 0;
        for (int i = 0; i < kCalls; ++i) bytes += make().size();
        const std::chrono::duration<double, std::micro> took =
            std::chrono::steady_clock::now() - began;
        if (bytes == 0) std::abort();
        rounds.push_back(took.count() / kCalls);
    }
    std::nth_element(rounds.begin(), rounds.begin() + kRounds / 2, rounds.end());
    return rounds[kRounds / 2];
}

}  // namespace

int main() {
    Brand brand;
    brand.name = "acme";
    Event event;
    event.type = "contact.dm";
    event.event_id = "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQy";
    event.connection = "instagram-main";
    event.customer.platform_id = "6012345678901234";
    event.text = "Is this in blue? I have seen it on your profile this morning.";
    event.reply = {"instagram_dm", "17841400000000001", "6012345678901234"};
    event.attribution = {{"referral.source", "ADS"}, {"utm_campaign", "spring"}};
    const Place place;
    const Decision decision;
    const CustomerFacts customer;
    const EntryContext context{brand,         event, place, decision, customer,
                               "7K3-M9Q-2X4", "",    {},    "redis"};
    if (nlohmann::json::parse(by_nlohmann(context)) != nlohmann::json::parse(entry_data(context))) {
        std::fprintf(stderr, "the two writers disagree\n");
        return 1;
    }
    const double ours = microseconds([&] { return entry_data(context); });
    const double theirs = microseconds([&] { return by_nlohmann(context); });
    std::printf("figure json.writer_us %.2f us\n", ours);
    std::printf("figure json.nlohmann_vs_writer %.1f ratio\n", theirs / ours);
    return 0;
}
