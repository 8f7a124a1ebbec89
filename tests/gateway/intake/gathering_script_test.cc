// Posts that are gathered: the scripts against a real Redis.
#include "tests/gateway/intake/waiting_fixture.h"

using namespace tapline;
using namespace tapline::waiting_test;

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
        const auto send = [&](int i) {
            const Event event = post(first + "/" + std::to_string(i), "next");
            const std::string answer = fixture.gather(event, first).items[0].text;
            answer == "ok" ? ++merged : ++late;
            ++done;
        };
        for (int i = 0; i < kPosts - 1; ++i) send(i);
        steward.join();
        send(kPosts - 1);  // too late for certain
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
