#include "gateway/intake/heard.h"

#include <thread>

#include <doctest/doctest.h>

using namespace tapline;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// A Monday, 00:00 UTC; weeks since 1970 begin on Thursdays.
const Time kStart = from_ms(1'772'409'600'000);

HeardNote note_at(Time when, std::int64_t events = 1) {
    return {"acme", HeardKind::button, "ig-dm", when, when, events};
}

// Heard every half an hour from 8 to 20 o'clock, on the days of `weeks` weeks but Sundays.
HeardRecord shop_record(int weeks) {
    HeardRecord record;
    for (int day = 0; day < weeks * 7; ++day) {
        if (day % 7 == 6) continue;
        for (int half = 16; half <= 40; ++half) {
            record.add(note_at(kStart + hours(24 * day) + minutes(30 * half)));
        }
    }
    return record;
}

}  // namespace

TEST_CASE("heard: what was noted is taken once, by name, with its first and last moment") {
    Heard heard;
    heard.note("acme", HeardKind::button, "ig-dm", kStart + seconds(2));
    heard.note("acme", HeardKind::button, "ig-dm", kStart + seconds(1));
    heard.note("acme", HeardKind::profile, "ig-dm", kStart);
    heard.note("globex", HeardKind::button, "ig-dm", kStart);
    heard.note("acme", HeardKind::button, "", kStart);
    auto notes = heard.take();
    REQUIRE(notes.size() == 3);
    CHECK(notes[0].kind == HeardKind::profile);
    CHECK(notes[1].kind == HeardKind::button);
    CHECK(notes[1].events == 2);
    CHECK(notes[1].first == kStart + seconds(1));
    CHECK(notes[1].last == kStart + seconds(2));
    CHECK(notes[2].brand == "globex");
    CHECK(heard.take().empty());
    heard.note("acme", HeardKind::button, "ig-dm", kStart + seconds(9));
    heard.put_back(notes[1]);
    notes = heard.take();
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].events == 3);
    CHECK(notes[0].first == kStart + seconds(1));
    CHECK(notes[0].last == kStart + seconds(9));
}

TEST_CASE("heard: notes of many threads are all counted") {
    Heard heard;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int k = 0; k < 1000; ++k) {
                heard.note("acme", HeardKind::button, "ig-dm", kStart + seconds(k));
            }
        });
    }
    std::int64_t counted = 0;
    const auto count = [&] {
        for (const HeardNote& note : heard.take()) counted += note.events;
    };
    for (int i = 0; i < 100; ++i) count();
    for (auto& thread : threads) thread.join();
    count();
    CHECK(counted == 4000);
}

TEST_CASE("heard: a record keeps the longest silence of each of the last four weeks") {
    HeardRecord record;
    record.add(note_at(kStart));
    CHECK_FALSE(record.usual_longest());
    record.add(note_at(kStart + hours(3)));
    record.add(note_at(kStart + hours(4)));
    CHECK(record.usual_longest() == hours(3));
    // What comes late, from another gateway, changes neither the past nor the last moment.
    record.add(note_at(kStart + hours(1)));
    CHECK(record.last == kStart + hours(4));
    CHECK(record.usual_longest() == hours(3));
    CHECK(record.events == 4);
    CHECK(record.first == kStart);
    for (int week = 1; week < 8; ++week) {
        record.add(note_at(kStart + hours(week * 168)));
        record.add(note_at(kStart + hours(week * 168 + week)));
    }
    REQUIRE(record.weeks.size() == HeardRecord::kWeeks);
    CHECK(record.weeks[0].number < record.weeks[3].number);
}

TEST_CASE("heard: a note that spans a time counts it as a silence") {
    HeardRecord record;
    record.add({"acme", HeardKind::button, "ig-dm", kStart, kStart + hours(5), 2});
    CHECK(record.usual_longest() == hours(5));
    CHECK(record.events == 2);
}

TEST_CASE("heard: a packed record reads as it was written, and nothing else does") {
    const HeardRecord record = shop_record(5);
    const auto read = unpack_heard(pack(record));
    REQUIRE(read);
    CHECK(pack(*read) == pack(record));
    CHECK(read->events == record.events);
    CHECK(read->usual_longest() == record.usual_longest());
    CHECK(pack(record).size() < 120);
    const std::string whole = pack(record);
    for (const std::string& broken :
         {std::string(), std::string("1"), std::string("1 2"), std::string("1 2 3"),
          std::string("2 2 3 4"), std::string("1 a 3 4"), std::string("1 2 3 0"),
          std::string("1 2 3 4 5"), std::string("1 2 3 4 5:a"), std::string("1 2 3 4x"),
          std::string("1 2 3 4 5:6:7"), std::string("1 2 3 99999999999999999999"),
          whole + " 9:9 9:9"}) {
        CAPTURE(broken);
        CHECK_FALSE(unpack_heard(broken));
    }
    for (std::size_t keep = 0; keep < whole.size(); ++keep) unpack_heard(whole.substr(0, keep));
}

TEST_CASE("heard: nights and Sundays are no silence, a dead subscription is") {
    const HeardRecord record = shop_record(5);
    CHECK(record.usual_longest() == hours(36));  // Saturday 20:00 to Monday 8:00
    struct Row {
        Milliseconds silent;
        HeardState state;
    };
    const Row rows[] = {{minutes(1), HeardState::heard},
                        {hours(12), HeardState::heard},
                        {hours(36), HeardState::heard},
                        {hours(72), HeardState::heard},
                        {hours(72) + minutes(1), HeardState::quiet},
                        {hours(2000), HeardState::quiet}};
    for (const Row& row : rows) {
        CAPTURE(row.silent.count());
        CHECK(judge(record, record.last + row.silent) == row.state);
    }
}

TEST_CASE("heard: nothing is called quiet before there is a past to compare with") {
    CHECK(judge(std::nullopt, kStart) == HeardState::never);
    HeardRecord tried;
    for (int i = 0; i < 100; ++i) tried.add(note_at(kStart + seconds(i)));
    CHECK(judge(tried, kStart + hours(24)) == HeardState::learning);
    HeardRecord rare;
    for (int i = 0; i < 7; ++i) rare.add(note_at(kStart + hours(i)));
    CHECK(judge(rare, kStart + hours(10000)) == HeardState::learning);
    rare.add(note_at(kStart + hours(8)));
    CHECK(judge(rare, kStart + hours(10000)) == HeardState::quiet);
    CHECK(judge(rare, kStart + hours(9)) == HeardState::learning);
}

TEST_CASE("heard: a channel that never pauses is not quiet within an hour") {
    HeardRecord record;
    for (int i = 0; i < 8 * 24 * 60; ++i) record.add(note_at(kStart + minutes(i)));
    CHECK(judge(record, record.last + hours(1)) == HeardState::heard);
    CHECK(judge(record, record.last + hours(1) + seconds(1)) == HeardState::quiet);
}

TEST_CASE("heard: one outage of days is not taken for usual") {
    HeardRecord record = shop_record(3);
    const auto usual = record.usual_longest();
    record.add(note_at(record.last + hours(24 * 9)));
    CHECK(record.usual_longest() == usual);
}
