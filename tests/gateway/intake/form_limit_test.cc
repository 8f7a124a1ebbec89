#include "gateway/intake/form_limit.h"

#include <doctest/doctest.h>

using namespace tapline;

namespace {

using Verdict = FormLimit::Verdict;
const FormLimit::Moment kStart{std::chrono::hours(1)};

WebForm form_of(std::size_t client, std::size_t all) {
    WebForm form;
    form.client_per_minute = client;
    form.all_per_minute = all;
    return form;
}

}  // namespace

TEST_CASE("form limit: a client has a minute's worth, and gets it back in a minute") {
    FormLimit limit;
    const WebForm form = form_of(3, 1000);
    for (int i = 0; i < 3; ++i)
        CHECK(limit.take("site", form, "203.0.113.7", kStart) == Verdict::taken);
    CHECK(limit.take("site", form, "203.0.113.7", kStart) == Verdict::client);
    CHECK(limit.take("site", form, "203.0.113.8", kStart) == Verdict::taken);
    CHECK(limit.take("other", form, "203.0.113.7", kStart) == Verdict::taken);
    const auto later = kStart + std::chrono::seconds(20);
    CHECK(limit.take("site", form, "203.0.113.7", later) == Verdict::taken);
    CHECK(limit.take("site", form, "203.0.113.7", later) == Verdict::client);
    const auto much_later = kStart + std::chrono::hours(5);
    for (int i = 0; i < 3; ++i) {
        CHECK(limit.take("site", form, "203.0.113.7", much_later) == Verdict::taken);
    }
    CHECK(limit.take("site", form, "203.0.113.7", much_later) == Verdict::client);
}

TEST_CASE("form limit: all addresses of an IPv6 /64 are one client") {
    FormLimit limit;
    const WebForm form = form_of(1, 1000);
    CHECK(limit.take("site", form, "2001:db8:0:1::1", kStart) == Verdict::taken);
    CHECK(limit.take("site", form, "2001:db8:0:1:ffff::2", kStart) == Verdict::client);
    CHECK(limit.take("site", form, "2001:db8:0:2::1", kStart) == Verdict::taken);
}

TEST_CASE("form limit: the connection's limit holds for all clients together") {
    FormLimit limit;
    const WebForm form = form_of(5, 2);
    CHECK(limit.take("site", form, "203.0.113.1", kStart) == Verdict::taken);
    CHECK(limit.take("site", form, "203.0.113.2", kStart) == Verdict::taken);
    CHECK(limit.take("site", form, "203.0.113.3", kStart) == Verdict::connection);
    CHECK(limit.take("other", form, "203.0.113.3", kStart) == Verdict::taken);
}

TEST_CASE("form limit: behind an untrusted proxy only the connection's limit counts") {
    FormLimit limit;
    const WebForm form = form_of(1, 3);
    for (int i = 0; i < 3; ++i)
        CHECK(limit.take("site", form, "10.0.0.7", kStart) == Verdict::taken);
    CHECK(limit.take("site", form, "10.0.0.7", kStart) == Verdict::connection);
}

TEST_CASE("form limit: forgets clients rather than growing without end") {
    FormLimit limit;
    const WebForm form = form_of(1, 10'000'000);
    CHECK(limit.take("site", form, "198.51.100.1", kStart) == Verdict::taken);
    for (int i = 0; i < 100'000; ++i) {
        const std::string address = "9." + std::to_string(i >> 16) + "." +
                                    std::to_string((i >> 8) & 255) + "." + std::to_string(i & 255);
        limit.take("site", form, address, kStart);
    }
    CHECK(limit.take("site", form, "198.51.100.1", kStart) == Verdict::taken);
}
