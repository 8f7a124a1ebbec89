#include "gateway/intake/tap_limit.h"

#include <doctest/doctest.h>

using namespace tapline;

TEST_CASE("tap limit: a visitor has a burst, then one a second") {
    TapLimit limit;
    std::chrono::steady_clock::time_point now{};
    int allowed = 0;
    for (int i = 0; i < 100; ++i) allowed += limit.allow("203.0.113.9", now);
    CHECK(allowed == 30);
    CHECK(limit.allow("203.0.113.10", now));
    now += std::chrono::seconds(2);
    CHECK(limit.allow("203.0.113.9", now));
    CHECK(limit.allow("203.0.113.9", now));
    CHECK_FALSE(limit.allow("203.0.113.9", now));
}

TEST_CASE("tap limit: the addresses of one IPv6 network are one visitor") {
    TapLimit limit;
    const std::chrono::steady_clock::time_point now{};
    int allowed = 0;
    for (int i = 0; i < 100; ++i) {
        allowed += limit.allow("2001:db8:1:2::" + std::to_string(i + 1), now);
    }
    CHECK(allowed == 30);
    CHECK(limit.allow("2001:db8:1:3::1", now));
}

TEST_CASE("tap limit: an address that many may stand behind is known") {
    for (const char* shared :
         {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.0.0.1",
          "169.254.1.1", "::1", "fd00::1", "fe80::1", "unix", ""}) {
        CAPTURE(shared);
        CHECK(is_shared_address(shared));
    }
    for (const char* own : {"203.0.113.9", "172.32.0.1", "100.128.0.1", "8.8.8.8", "2001:db8::1"}) {
        CAPTURE(own);
        CHECK_FALSE(is_shared_address(own));
    }
}
