// Contacts that wait: what the tests of accept.lua, gather.lua and release.lua share.
#pragma once

#include <atomic>
#include <map>
#include <thread>

#include <doctest/doctest.h>

#include "adapters/backends/stream.h"
#include "gateway/intake/accept_script.h"
#include "gateway/intake/facts.h"
#include "gateway/intake/gathering.h"
#include "gateway/intake/release.h"
#include "gateway/redis/keys.h"
#include "redis_scripts.h"
#include "tests/gateway/redis/real_redis.h"

namespace tapline::waiting_test {

using redis::RealRedis;
using redis::Reply;

using Entry = std::map<std::string, std::string>;

inline constexpr std::string_view kNumber = "7K3-M9Q-2X4";
inline constexpr std::string_view kCompact = "7K3M9Q2X4";

inline Brand sample_brand() {
    Brand brand;
    brand.name = "acme";
    brand.config_version = "abc123";
    brand.queues["sales"].name = "sales";
    brand.queues["sales"].express_cap = 2;
    return brand;
}

inline Decision decision_of(Decision::State state) {
    Decision decision;
    decision.state = state;
    decision.queue = "sales";
    decision.route = "social";
    decision.due_at = from_ms(1'773'000'300'000);
    if (state == Decision::State::gathering) {
        decision.patience = Patience{std::chrono::seconds(45), std::chrono::minutes(4), {}};
    }
    return decision;
}

inline Event post(const std::string& id, const std::string& text) {
    Event event;
    event.type = "contact.dm";
    event.event_id = id;
    event.connection = "instagram-main";
    event.text = text;
    return event;
}

struct Fixture {
    RealRedis server;
    redis::Link link{server.unix_endpoint(), redis::LinkOptions{}};
    Brand brand = sample_brand();
    Time now = from_ms(1'773'000'000'000);
    redis::Script accept_script = redis::make_script("accept", kScriptAccept);
    redis::Script gather_script = redis::make_script("gather", kScriptGather);
    redis::Script released = release_script();
    std::string customer_record;

    Fixture() {
        link.start();
        REQUIRE(redis::eventually([this] { return link.stats().connected; }));
    }

    Reply ask(std::initializer_list<std::string_view> words) {
        auto reply = link.call(redis::encode(words));
        REQUIRE(reply);
        return *reply;
    }

    // Accepts the event as the acceptor would for this decision; the words are those of the script.
    Reply accept(const Event& event, const Decision& decision) {
        const Place place;
        const CustomerFacts facts;
        AcceptWrite write;
        write.brand = brand.name;
        write.founder = event.event_id;
        write.compact_number = kCompact;
        write.customer_hash = "C";
        write.queue = decision.queue;
        write.mark = "mark of " + event.event_id;
        write.any_journey = true;
        write.journey = "journey";
        write.journey_life = kJourneyLife;
        write.any_customer = true;
        write.customer = "customer";
        write.fact = event_fact({brand, event, place, decision, kNumber, "C", now});
        const EntryContext entry{brand, event, place, decision, facts, kNumber, "", now, "redis"};
        if (decision.state != Decision::State::suppressed) write.entry = stream_entry(entry);
        if (decision.priority == "express") write.express_cap = brand.queues["sales"].express_cap;
        if (!decision.pilot.empty()) write.pilot_counter = decision.pilot + " control entries";
        if (decision.state == Decision::State::queued) {
            write.first_step = decision.due_at;
            write.copies = decision.copy_to;
        } else if (!write.entry.empty()) {
            write.hold = hold_of({entry, event.event_id, kCompact, "C", decision.due_at});
        }
        const AcceptWords words(write);
        auto reply = link.call_script(accept_script, words.keys(), words.args());
        REQUIRE(reply);
        return *reply;
    }

    Reply gather(const Event& event, const std::string& ident, bool flush = false) {
        return gather_by(link, event, ident, flush);
    }

    Reply gather_by(redis::Link& by, const Event& event, const std::string& ident, bool flush) {
        const Decision decision = decision_of(Decision::State::gathering);
        const Place place;
        GatherWrite write;
        write.brand = brand.name;
        write.founder = event.event_id;
        write.ident = ident;
        write.compact_number = kCompact;
        write.customer_hash = "C";
        write.mark = "mark of " + event.event_id;
        write.journey = "journey";
        write.any_journey = true;
        write.customer = "customer";
        write.any_customer = true;
        write.now = now;
        write.patience = *decision.patience;
        write.pieces = post_pieces(event);
        write.flush = flush;
        FactContext fact{brand, event, place, decision, kNumber, "C", now};
        fact.name = "merged";
        write.fact = event_fact(fact);
        const GatherWords words(write);
        auto reply = by.call_script(gather_script, words.keys(), words.args());
        REQUIRE(reply);
        return *reply;
    }

    Released release(std::string_view ident, std::optional<Time> latest = {},
                     std::string_view switch_name = "") {
        const std::string timer = timer_key(brand.name, switch_name);
        const std::string member = member_of(timer, ident);
        auto result = release_entry(link, released, brand, {member, switch_name, now, latest});
        REQUIRE(result);
        return *result;
    }

    std::vector<Entry> stream(std::string_view name) {
        std::vector<Entry> entries;
        const std::string key = redis::brand_key("acme", name);
        for (const Reply& item : ask({"XRANGE", key, "-", "+"}).items) {
            Entry entry{{"entry", item.items[0].text}};
            const auto& fields = item.items[1].items;
            for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
                entry[fields[i].text] = fields[i + 1].text;
            }
            entries.push_back(std::move(entry));
        }
        return entries;
    }

    std::string member_of(const std::string& timer, std::string_view ident) {
        for (const Reply& member : ask({"ZRANGE", timer, "0", "-1"}).items) {
            if (ident_of(member.text) == ident) return member.text;
        }
        return std::string(ident);
    }

    std::string score(std::string_view set, std::string_view member) {
        const std::string key = redis::brand_key("acme", set);
        const bool is_timer = set == "delayed" || set.starts_with("switched:");
        return ask({"ZSCORE", key, is_timer ? member_of(key, member) : std::string(member)}).text;
    }
};

inline const std::string kDue = "1773000300000";

}  // namespace tapline::waiting_test
