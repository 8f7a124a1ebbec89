// Entries that wait, express lanes, copies and gatherings: the scripts against a real Redis.
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

using namespace tapline;
using tapline::redis::RealRedis;
using tapline::redis::Reply;

namespace {

using Entry = std::map<std::string, std::string>;

constexpr std::string_view kNumber = "7K3-M9Q-2X4";
constexpr std::string_view kCompact = "7K3M9Q2X4";

Brand sample_brand() {
    Brand brand;
    brand.name = "acme";
    brand.config_version = "abc123";
    brand.queues["sales"].name = "sales";
    brand.queues["sales"].express_cap = 2;
    return brand;
}

Decision decision_of(Decision::State state) {
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

Event post(const std::string& id, const std::string& text) {
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

const std::string kDue = "1773000300000";

}  // namespace

TEST_CASE(
    "waiting: a held entry is on no queue, and its release makes it what it would have been") {
    Fixture fixture;
    Decision decision = decision_of(Decision::State::held);
    decision.release_at = fixture.now + std::chrono::hours(1);
    decision.copy_to = {"boss"};
    CHECK(fixture.accept(post("m1", "hello"), decision).items[0].text == "ok");
    CHECK(fixture.stream("queue:sales").empty());
    CHECK(fixture.score("delayed", "m1") == "1773003600000");
    CHECK(fixture.ask({"ZCARD", "tapline:{acme}:due"}).integer == 0);
    CHECK(fixture.stream("feed").at(0)["fact"] == "held");
    CHECK(fixture.ask({"GET", redis::seen_key("acme", "m1")}).text == "mark of m1");

    CHECK(fixture.release("m1", fixture.now).end == Released::End::early);
    fixture.now += std::chrono::hours(1);
    const Released released = fixture.release("m1", fixture.now);
    CHECK(released.end == Released::End::released);
    CHECK(released.kind == "hours");
    CHECK(released.lane == "sales");
    CHECK(fixture.release("m1").end == Released::End::gone);

    const auto sales = fixture.stream("queue:sales");
    REQUIRE(sales.size() == 1);
    const auto copies = fixture.stream("queue:boss");
    REQUIRE(copies.size() == 1);
    CHECK(sales[0].at("copy_of").empty());
    CHECK(sales[0].at("due_at") == kDue);
    CHECK(copies[0].at("copy_of") == "sales");
    CHECK(copies[0].at("due_at").empty());
    CHECK(fixture.score("due", "sales " + released.entry) == kDue);
    CHECK(fixture.ask({"ZCARD", "tapline:{acme}:due"}).integer == 1);
    CHECK(fixture.stream("feed").at(1)["body"] ==
          R"({"queue":"sales","entry":")" + released.entry +
              R"(","kind":"hours","held_ms":3600000,"parts":1})");

    // The same as one that was queued at once, but for what acceptance says.
    fixture.accept(post("m2", "hello"), decision_of(Decision::State::queued));
    Entry direct = fixture.stream("queue:sales").at(1);
    Entry later = sales[0];
    for (const char* own : {"entry", "id", "accepted_at", "data"}) {
        direct.erase(own);
        later.erase(own);
    }
    CHECK(direct == later);
    CHECK(fixture.ask({"KEYS", "*:held:*"}).items.empty());
    CHECK(fixture.ask({"EXISTS", "tapline:{acme}:delayed"}).integer == 0);
}

TEST_CASE("waiting: those of one release time stand in the order of acceptance") {
    for (const std::string held_by : {"", "storm"}) {
        CAPTURE(held_by);
        Fixture fixture;
        Decision decision = decision_of(Decision::State::held);
        decision.release_at = fixture.now + std::chrono::hours(1);
        decision.held_by = held_by;
        std::vector<std::string> accepted;
        // Digits whose order is none of acceptance, as that of a hash.
        for (int i = 0; i < 40; ++i) {
            accepted.push_back(std::to_string((i * 7919) % 1009));
            fixture.accept(post(accepted.back(), "hello"), decision);
        }
        std::vector<std::string> waiting;
        for (const Reply& member :
             fixture.ask({"ZRANGE", timer_key("acme", held_by), "0", "-1"}).items) {
            waiting.emplace_back(ident_of(member.text));
        }
        CHECK(waiting == accepted);
    }
}

TEST_CASE("waiting: what a switch holds waits in the switch's own list") {
    Fixture fixture;
    Decision decision = decision_of(Decision::State::held);
    decision.held_by = "storm";
    fixture.accept(post("m1", "hello"), decision);
    CHECK(fixture.score("switched:storm", "m1") == "1773000000000");
    CHECK(fixture.ask({"EXISTS", "tapline:{acme}:delayed"}).integer == 0);
    const Released released = fixture.release("m1", {}, "storm");
    CHECK(released.end == Released::End::released);
    CHECK(released.kind == "switch");
    CHECK(fixture.ask({"EXISTS", "tapline:{acme}:switched:storm"}).integer == 0);
    CHECK(fixture.stream("queue:sales").size() == 1);
}

TEST_CASE("waiting: an express lane takes as many as its cap, the rest goes marked to the queue") {
    Fixture fixture;
    Decision decision = decision_of(Decision::State::queued);
    decision.priority = "express";
    decision.copy_to = {"boss", "care"};
    for (const char* id : {"m1", "m2", "m3"}) fixture.accept(post(id, "hello"), decision);
    const auto express = fixture.stream("queue:sales:express");
    const auto normal = fixture.stream("queue:sales");
    REQUIRE(express.size() == 2);
    REQUIRE(normal.size() == 1);
    CHECK(express[0].at("priority") == "express");
    CHECK(normal[0].at("priority") == "express_over_cap");
    CHECK(fixture.score("due", "sales:express " + express[0].at("entry")) == kDue);
    CHECK(fixture.score("due", "sales " + normal[0].at("entry")) == kDue);
    CHECK(fixture.stream("queue:boss").size() == 3);
    CHECK(fixture.stream("queue:care").at(0)["copy_of"] == "sales");
    const auto groups = fixture.ask({"XINFO", "GROUPS", "tapline:{acme}:queue:sales:express"});
    CHECK(groups.items.at(0).items.at(1).text == "sales");
    // What is released meets the same cap.
    decision.state = Decision::State::held;
    fixture.accept(post("m4", "hello"), decision);
    CHECK(fixture.release("m4").lane == "sales");
    CHECK(fixture.stream("queue:sales").at(1)["priority"] == "express_over_cap");
}

TEST_CASE("waiting: a suppressed contact is a fact and a mark, and no entry") {
    Fixture fixture;
    Decision decision = decision_of(Decision::State::suppressed);
    decision.due_at.reset();
    CHECK(fixture.accept(post("m1", "hello"), decision).items[0].text == "ok");
    CHECK(fixture.stream("feed").at(0)["fact"] == "suppressed");
    CHECK(fixture.ask({"KEYS", "*:queue:*"}).items.empty());
    CHECK(fixture.accept(post("m1", "hello"), decision).items[0].text == "seen");
}

TEST_CASE("gathering: a write that fails leaves the customer's gathering as it stood") {
    Fixture fixture;
    fixture.ask({"SET", "tapline:{acme}:gather:C", "m0 " + std::string(kCompact), "PX", "90000"});
    fixture.ask({"SET", "tapline:{acme}:feed", "not the right type"});
    const Decision decision = decision_of(Decision::State::gathering);
    CHECK(fixture.accept(post("m1", "hello"), decision).is_error());
    CHECK(fixture.ask({"GET", "tapline:{acme}:gather:C"}).text == "m0 " + std::string(kCompact));
    const std::int64_t life = fixture.ask({"PTTL", "tapline:{acme}:gather:C"}).integer;
    CHECK(life > 60'000);
    CHECK(life <= 90'000);
}

TEST_CASE("waiting: whichever write fails, nothing stays of what was written before") {
    struct Row {
        const char* broken;
        Decision::State state;
    };
    for (const Row& row :
         {Row{"feed", Decision::State::held}, Row{"delayed", Decision::State::held},
          Row{"feed", Decision::State::queued}, Row{"due", Decision::State::queued},
          Row{"queue:care", Decision::State::queued}, Row{"pilots", Decision::State::queued},
          Row{"feed", Decision::State::gathering}}) {
        CAPTURE(row.broken);
        CAPTURE(to_string(row.state));
        Fixture fixture;
        const std::string key = redis::brand_key("acme", row.broken);
        fixture.ask({"SET", key, "not the right type"});
        Decision decision = decision_of(row.state);
        decision.copy_to = {"boss", "care"};
        decision.pilot = "trained-agents";
        CHECK(fixture.accept(post("m1", "hello"), decision).is_error());
        fixture.ask({"DEL", key});
        for (const char* pattern : {"*:seen:*", "*:journey:*", "*:customer:*", "*:held:*",
                                    "*:gather:*", "*:delayed", "*:due"}) {
            CHECK(fixture.ask({"KEYS", pattern}).items.empty());
        }
        for (const char* stream : {"queue:sales", "queue:boss", "queue:care", "feed"}) {
            CHECK(fixture.stream(stream).empty());
        }
        const Reply counted =
            fixture.ask({"HGET", "tapline:{acme}:pilots", "trained-agents control entries"});
        CHECK((counted.text.empty() || counted.text == "0"));
        CHECK(fixture.accept(post("m1", "hello"), decision).items[0].text == "ok");
        CHECK(
            fixture.ask({"HGET", "tapline:{acme}:pilots", "trained-agents control entries"}).text ==
            "1");
    }
}

TEST_CASE("gathering: a release that cannot be written whole leaves the entry held") {
    for (const char* broken : {"feed", "due", "queue:boss"}) {
        CAPTURE(broken);
        Fixture fixture;
        Decision decision = decision_of(Decision::State::held);
        decision.copy_to = {"boss"};
        fixture.accept(post("m1", "hello"), decision);
        const std::string key = redis::brand_key("acme", broken);
        const std::string aside = key + ".aside";
        fixture.ask({"RENAME", key, aside});  // an error where there is none yet
        fixture.ask({"SET", key, "not the right type"});
        CHECK_FALSE(release_entry(fixture.link, fixture.released, fixture.brand,
                                  {"m1", "", fixture.now, {}}));
        fixture.ask({"DEL", key});
        CHECK(fixture.stream("queue:sales").empty());
        CHECK(fixture.release("m1").end == Released::End::released);
        CHECK(fixture.stream("queue:sales").size() == 1);
        CHECK(fixture.stream("queue:boss").size() == 1);
    }
}

TEST_CASE("gathering: posts that overtook each other are told in the order of writing") {
    Fixture fixture;
    const auto written = [](const std::string& id, const std::string& text, int second) {
        Event event = post(id, text);
        event.occurred_at = from_ms(1'773'000'000'000 + 1000 * second);
        event.attachments.push_back({"image", "https://cdn.example/" + id, "", 0});
        return event;
    };
    fixture.accept(written("m2", R"(is it "at":1?)", 2), decision_of(Decision::State::gathering));
    fixture.gather(written("m1", "hello", 1), "m2");
    fixture.gather(written("m4", "blue", 3), "m2");
    fixture.gather(written("m3", "or red", 3), "m2");
    fixture.release("m2");
    const std::string data = fixture.stream("queue:sales").at(0).at("data");
    CAPTURE(data);
    CHECK(data.find(R"("text":"hello\nis it \"at\":1?\nblue\nor red")") != std::string::npos);
    std::size_t at = 0;
    for (const char* next : {R"({"id":"m1","at":)", R"({"id":"m2","at":)", R"({"id":"m4","at":)",
                             R"({"id":"m3","at":)", "/m1", "/m2", "/m4", "/m3"}) {
        CAPTURE(next);
        at = data.find(next, at);
        REQUIRE(at != std::string::npos);
    }
}

TEST_CASE("gathering: the posts of a quiet time are one entry, in order") {
    Fixture fixture;
    fixture.accept(post("m1", "Hi \"there\""), decision_of(Decision::State::gathering));
    CHECK(fixture.score("delayed", "m1") == "1773000045000");
    CHECK(fixture.ask({"GET", "tapline:{acme}:gather:C"}).text == "m1 " + std::string(kCompact));
    fixture.now += std::chrono::seconds(30);
    Event photo = post("m2", "");
    photo.attachments.push_back({"image", "https://cdn.example/x.jpg", "", 0});
    CHECK(fixture.gather(photo, "m1").items[1].text.empty());
    CHECK(fixture.score("delayed", "m1") == "1773000075000");
    fixture.now += std::chrono::seconds(200);
    fixture.gather(post("m3", "two\nlines"), "m1");
    // Not longer than at most.
    CHECK(fixture.score("delayed", "m1") == "1773000240000");
    CHECK(fixture.gather(post("m2", ""), "m1").items[0].text == "seen");

    CHECK(fixture.release("m1").kind == "patience");
    const auto entries = fixture.stream("queue:sales");
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].at("id") == "m1");
    CHECK(entries[0].at("due_at") == kDue);
    const std::string& data = entries[0].at("data");
    CAPTURE(data);
    CHECK(data.find(R"("text":"Hi \"there\"\ntwo\nlines","subject")") != std::string::npos);
    CHECK(data.find(R"("attachments":[{"type":"image","url":"https://cdn.example/x.jpg")") !=
          std::string::npos);
    const auto first = data.find(R"("parts":[{"id":"m1","at":0,"type":"contact.dm")");
    const auto second = data.find(R"(,{"id":"m2","at":0)");
    const auto third = data.find(R"(,{"id":"m3","at":0)");
    CHECK(first < second);
    CHECK(second < third);
    CHECK(third != std::string::npos);
    CHECK(fixture.gather(post("m4", "late"), "m1").items[0].text == "gone");
    CHECK(fixture.ask({"EXISTS", redis::seen_key("acme", "m4")}).integer == 0);
    const auto feed = fixture.stream("feed");
    REQUIRE(feed.size() == 4);
    CHECK(feed[0].at("fact") == "gathering");
    CHECK(feed[1].at("fact") == "merged");
    CHECK(feed[3].at("fact") == "released");
    CHECK(feed[3].at("body").find("\"parts\":3") != std::string::npos);
}

TEST_CASE(
    "gathering: a post that ends the wait, the hundredth and too many bytes are due at once") {
    Fixture fixture;
    fixture.accept(post("m1", "Hi"), decision_of(Decision::State::gathering));
    CHECK(fixture.gather(post("m2", "legal"), "m1", true).items[1].text == "due");
    CHECK(fixture.score("delayed", "m1") == "1773000000000");

    fixture.accept(post("n1", "Hi"), decision_of(Decision::State::gathering));
    for (int i = 2; i < static_cast<int>(kGatheredPostsMax); ++i) {
        REQUIRE(fixture.gather(post("n" + std::to_string(i), "x"), "n1").items[1].text.empty());
    }
    CHECK(fixture.gather(post("n100", "x"), "n1").items[1].text == "due");

    fixture.accept(post("o1", "Hi"), decision_of(Decision::State::gathering));
    CHECK(fixture.gather(post("o2", std::string(kGatheredBytesMax, 'x')), "o1").items[1].text ==
          "due");
}

TEST_CASE("gathering: a post that cannot be added whole is not added, and its retry is") {
    Fixture fixture;
    fixture.accept(post("m1", "one"), decision_of(Decision::State::gathering));
    fixture.ask({"RENAME", "tapline:{acme}:feed", "aside"});
    fixture.ask({"SET", "tapline:{acme}:feed", "not a stream"});
    fixture.now += std::chrono::seconds(10);
    CHECK(fixture.gather(post("m2", "two"), "m1").is_error());
    CHECK(fixture.score("delayed", "m1") == "1773000045000");
    CHECK(fixture.ask({"HGET", "tapline:{acme}:held:m1", "_n"}).text == "1");
    CHECK(fixture.ask({"HEXISTS", "tapline:{acme}:held:m1", "_t2"}).integer == 0);
    fixture.ask({"DEL", "tapline:{acme}:feed"});
    CHECK(fixture.gather(post("m2", "two"), "m1").items[0].text == "ok");
    fixture.release("m1");
    CHECK(fixture.stream("queue:sales").at(0)["data"].find(R"("text":"one\ntwo")") !=
          std::string::npos);
}

TEST_CASE("gathering: posts and releases at the same time lose no post and tell none twice") {
    Fixture fixture;
    constexpr int kRounds = 40;
    constexpr int kPosts = 6;
    redis::Link other(fixture.server.unix_endpoint(), redis::LinkOptions{});
    other.start();
    REQUIRE(redis::eventually([&] { return other.stats().connected; }));
    int late = 0;
    int merged = 0;
    for (int round = 0; round < kRounds; ++round) {
        const std::string first = "r" + std::to_string(round);
        fixture.accept(post(first, "first"), decision_of(Decision::State::gathering));
        std::atomic<int> done{0};
        std::atomic<int> released{0};
        std::thread steward([&] {
            while (done < round % kPosts) std::this_thread::yield();
            for (int i = 0; i < 2; ++i) {
                const auto result = release_entry(other, fixture.released, fixture.brand,
                                                  {first, "", fixture.now, {}});
                if (result && result->end == Released::End::released) ++released;
            }
        });
        for (int i = 0; i < kPosts; ++i) {
            const Event event = post(first + "/" + std::to_string(i), "next");
            const std::string answer = fixture.gather(event, first).items[0].text;
            answer == "ok" ? ++merged : ++late;
            ++done;
        }
        steward.join();
        REQUIRE(released == 1);
    }
    const auto entries = fixture.stream("queue:sales");
    REQUIRE(entries.size() == kRounds);
    int parts = 0;
    for (const Entry& entry : entries) {
        const std::string& data = entry.at("data");
        for (auto at = data.find(R"("text":"next")"); at != std::string::npos;
             at = data.find(R"("text":"next")", at + 1)) {
            ++parts;
        }
    }
    CHECK(parts == merged);
    CHECK(merged + late == kRounds * kPosts);
    CHECK(merged > 0);
    CHECK(late > 0);
}
