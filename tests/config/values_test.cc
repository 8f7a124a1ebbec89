#include "config/values.h"

#include <string>

#include <doctest/doctest.h>

#include "config/calendar.h"
#include "config/endpoints.h"
#include "config/mistake.h"
#include "config/report.h"

using namespace tapline;

TEST_CASE("values: reads durations") {
    struct Row {
        const char* written;
        long seconds;  // 0: not a duration
    };
    const Row rows[] = {
        {"20s", 20},
        {"5m", 300},
        {"1h", 3'600},
        {"2d", 172'800},
        {"1h30m", 5'400},
        {"1d1s", 86'401},
        {"366d", 31'622'400},
        {"1d2h3m4s", 93'784},
        {"0h5m", 300},
        {"", 0},
        {"90", 0},
        {"5 m", 0},
        {"5M", 0},
        {"-5m", 0},
        {"+5m", 0},
        {"1.5h", 0},
        {"05m", 0},
        {"5m1h", 0},
        {"1m1m", 0},
        {"0s", 0},
        {"367d", 0},
        {"m", 0},
        {"5", 0},
        {"1h30", 0},
        {"999999999999999999999s", 0},
        {"365d999999h", 0},
        {"5m ", 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.written);
        const auto value = parse_duration(row.written);
        CHECK(value.has_value() == (row.seconds != 0));
        if (value) CHECK(value->count() == row.seconds);
    }
}

TEST_CASE("values: reads sizes") {
    struct Row {
        const char* written;
        std::size_t bytes;  // 0: not a size
    };
    const Row rows[] = {
        {"1", 1},
        {"1048576", 1u << 20},
        {"512KiB", 512u << 10},
        {"4MiB", 4u << 20},
        {"1024GiB", std::size_t{1} << 40},
        {"0", 0},
        {"0MiB", 0},
        {"4MB", 0},
        {"4 MiB", 0},
        {"4mib", 0},
        {"1025GiB", 0},
        {"-1", 0},
        {"0x10", 0},
        {"010", 0},
        {"", 0},
        {"MiB", 0},
        {"999999999999MiB", 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.written);
        const auto value = parse_size(row.written);
        CHECK(value.value_or(0) == row.bytes);
    }
}

TEST_CASE("values: knows names, phones, e-mail addresses and dial targets") {
    struct Row {
        Parsed<std::string> (*parse)(std::string_view);
        std::string written;
        bool good;
    };
    const Row rows[] = {
        {parse_name, "ig-call", true},
        {parse_name, "2026.spring_a", true},
        {parse_name, std::string(64, 'a'), true},
        {parse_name, std::string(65, 'a'), false},
        {parse_name, "", false},
        {parse_name, ".a", false},
        {parse_name, "Ig", false},
        {parse_name, "a b", false},
        {parse_name, "a/b", false},
        {parse_name, "caf\xC3\xA9", false},
        {parse_brand_name, "acme-2", true},
        {parse_brand_name, std::string(32, 'a'), true},
        {parse_brand_name, std::string(33, 'a'), false},
        {parse_brand_name, "-acme", false},
        {parse_brand_name, "a.b", false},
        {parse_brand_name, "a_b", false},
        {parse_phone, "+14045550110", true},
        {parse_phone, "+491234567", true},
        {parse_phone, "14045550110", false},
        {parse_phone, "+1 404 555 0110", false},
        {parse_phone, "+1", false},
        {parse_phone, "+1234567890123456", false},
        {parse_dial_target, "sip:sales@pbx.acme.example", true},
        {parse_dial_target, "sip:sales", false},
        {parse_dial_target, "sip:sales@", false},
        {parse_dial_target, "sip:a@b@c", false},
        {parse_dial_target, "sip:a b@c", false},
        {parse_dial_target, "sip:a<b@c", false},
        {parse_dial_target, "tel:+14045550110", false},
        {parse_email, "hello+ig@acme.example", true},
        {parse_email, "hello", false},
        {parse_email, "a@b@c", false},
        {parse_email, "a b@c", false},
        {parse_email, "Acme <a@b>", false},
        {parse_currency, "USD", true},
        {parse_currency, "US", false},
        {parse_listen_address, "127.0.0.1:0", true},
        {parse_listen_address, "[::]:8080", true},
        {parse_listen_address, "localhost:65535", true},
        {parse_listen_address, "unix:/run/tapline/http.sock", true},
        {parse_listen_address, "unix:http.sock", false},
        {parse_listen_address, "127.0.0.1:65536", false},
        {parse_listen_address, "127.0.0.1:-1", false},
        {parse_listen_address, ":8080", false},
        {parse_listen_address, "[::1:8080", false},
        {parse_listen_address, "unix:/" + std::string(107, 'a'), false},
        {parse_public_url, "http://127.0.0.1:8080", true},
        {parse_public_url, "https://hooks.acme.example", true},
        {parse_public_url, "https://[::1]", true},
        {parse_public_url, "https://[::1]:8443", true},
        {parse_public_url, "https://", false},
        {parse_public_url, "https://a b", false},
        {parse_public_url, "https://hooks.acme.example?x", false},
        {parse_public_url, "ftp://hooks.acme.example", false},
        {parse_address_block, "10.0.0.7", true},
        {parse_address_block, "10.0.0.0/8", true},
        {parse_address_block, "2001:db8::/128", true},
        {parse_address_block, "2001:db8::/129", false},
        {parse_address_block, "10.0.0.0/", false},
        {parse_address_block, "10.0.0", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.written);
        CHECK(row.parse(row.written).has_value() == row.good);
    }
}

TEST_CASE("values: tells a password in a URL") {
    CHECK(has_password("redis://user:pw@host/0"));
    CHECK(has_password("redis://:pw@host"));
    CHECK_FALSE(has_password("redis://host:6379/0"));
    CHECK_FALSE(has_password("redis://user@host"));
    CHECK_FALSE(has_password("unix:/run/redis.sock"));
}

TEST_CASE("calendar: days begin and end in the zone of the brand") {
    const auto day = [](const char* written) { return *parse_date(written); };
    const auto seconds = [](Time time) {
        return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    };
    CHECK(seconds(start_of_day(day("2026-03-01"), "UTC")) == 1'772'323'200);
    CHECK(seconds(start_of_day(day("2026-03-01"), "America/New_York")) == 1'772'341'200);
    CHECK(seconds(end_of_day(day("2026-03-01"), "UTC")) == 1'772'409'600);
    // 23 hours: clocks go forward.
    CHECK(end_of_day(day("2026-03-08"), "America/New_York") -
              start_of_day(day("2026-03-08"), "America/New_York") ==
          std::chrono::hours(23));
    // Beirut skips midnight of 29 March 2026: the day begins at one.
    CHECK(end_of_day(day("2026-03-29"), "Asia/Beirut") -
              start_of_day(day("2026-03-29"), "Asia/Beirut") ==
          std::chrono::hours(23));
}

TEST_CASE("calendar: knows the days and zones that exist") {
    for (const char* good : {"2024-02-29", "1970-01-01", "2199-12-31"}) {
        CAPTURE(good);
        CHECK(parse_date(good).has_value());
    }
    for (const char* bad : {"2023-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "1969-12-31",
                            "2200-01-01", "-026-01-01", "2026-01--1", "2026/01/01", ""}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_date(bad).has_value());
    }
    CHECK(parse_timezone("UTC").has_value());
    CHECK(parse_timezone("Europe/Berlin").has_value());
    CHECK_FALSE(parse_timezone("../../etc/passwd").has_value());
    CHECK_FALSE(parse_timezone("").has_value());
    CHECK(parse_timezone("europe/berlin").error() == "did you mean \"Europe/Berlin\"?");
}

TEST_CASE("mistakes: the nearest name is within a third of the letters") {
    const std::vector<std::string> names = {"sales", "care", "chat", "retention"};
    struct Row {
        const char* written;
        const char* near;
    };
    const Row rows[] = {
        {"salse", "sales"}, {"Sales", "sales"}, {"sale", "sales"},          {"crae", "care"},
        {"cart", "care"},   {"zz", ""},         {"retnetoin", "retention"}, {"s", ""},
        {"", ""},           {"completely", ""}, {"cares", "care"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.written);
        CHECK(nearest(row.written, names) == row.near);
    }
    CHECK(nearest(std::string(1'000, 'a'), {std::string(1'000, 'a')}) == "");
}

TEST_CASE("mistakes: are written as file, line, column and message") {
    using Severity = Mistake::Severity;
    CHECK(to_string({Severity::error, "a.yaml", 3, 7, "no"}) == "a.yaml:3:7: no");
    CHECK(to_string({Severity::warning, "a.yaml", 3, 7, "hm"}) == "a.yaml:3:7: warning: hm");
    CHECK(to_string({Severity::error, "a.yaml", 0, 0, "no"}) == "a.yaml: no");
}

TEST_CASE("mistakes: show what was written without control characters and cut") {
    CHECK(shown("a\x1b[31m\n\xFF") == "\"a?[31m??\"");
    CHECK(shown("caf\xC3\xA9") == "\"caf\xC3\xA9\"");
    CHECK(shown(std::string(61, 'a')) == "\"" + std::string(60, 'a') + "...\"");
    CHECK(shown(std::string(59, 'a') + "\xC3\xA9") == "\"" + std::string(59, 'a') + "...\"");
}
