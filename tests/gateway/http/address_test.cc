#include "gateway/http/address.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using tapline::http::forwarded_client;
using tapline::http::IpAddress;
using tapline::http::TrustedProxies;

TEST_CASE("addresses: are parsed and written in one form") {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"192.0.2.1", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"2001:DB8:0::1", "2001:db8::1"},
        {"::1", "::1"},
        {"", ""},
        {"192.0.2", ""},
        {"192.0.2.256", ""},
        {"192.0.2.1 ", ""},
        {"localhost", ""},
        {"fe80::1%eth0", ""},
        {std::string("192.0.2.1\0x", 11), "192.0.2.1"},
        {std::string(200, '1'), ""},
    };
    for (const auto& [text, written] : rows) {
        CAPTURE(text);
        const auto address = IpAddress::parse(text);
        CHECK((address ? address->to_string() : "") == written);
    }
}

TEST_CASE("addresses: trusted proxies are addresses and blocks") {
    const auto proxies =
        TrustedProxies::parse({"192.0.2.7", "10.0.0.0/9", "2001:db8:1::/47", "0.0.0.0/32", "unix"});
    REQUIRE(proxies.has_value());
    CHECK(proxies->trusts_unix());
    const std::vector<std::pair<std::string, bool>> rows{
        {"192.0.2.7", true},          {"192.0.2.8", false},      {"10.127.255.255", true},
        {"10.128.0.0", false},        {"::ffff:10.0.0.1", true}, {"2001:db8:1:ffff::1", true},
        {"2001:db8:0:ffff::1", true}, {"2001:db8:2::1", false},  {"::1", false},
    };
    for (const auto& [text, trusted] : rows) {
        CAPTURE(text);
        CHECK(proxies->contains(*IpAddress::parse(text)) == trusted);
    }
}

TEST_CASE("addresses: a wrong trusted proxy is told") {
    for (const std::string text : {"", "x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129",
                                   "10.0.0.0/8/8", "10.0.0.0/99999999999"}) {
        CAPTURE(text);
        const auto proxies = TrustedProxies::parse({text});
        REQUIRE_FALSE(proxies.has_value());
        CHECK(proxies.error().message == "trusted proxy \"" + text +
                                             "\" is neither an address, a block like 10.0.0.0/8, "
                                             "nor \"unix\"");
    }
}

TEST_CASE("addresses: the client is the last hop that no trusted proxy is") {
    const auto proxies = TrustedProxies::parse({"10.0.0.0/8", "2001:db8::/32"});
    REQUIRE(proxies.has_value());
    struct Row {
        std::vector<std::string_view> headers;
        std::string client;
    };
    const std::vector<Row> rows{
        {{"198.51.100.1"}, "198.51.100.1"},
        {{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
        {{"203.0.113.9, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
        {{"203.0.113.9", "198.51.100.1,10.0.0.2"}, "198.51.100.1"},
        {{"198.51.100.1:4711"}, "198.51.100.1"},
        {{"[2001:db9::1]:4711, 10.0.0.3"}, "2001:db9::1"},
        {{"[2001:db9::1]"}, "2001:db9::1"},
        {{"2001:db9::1"}, "2001:db9::1"},
        {{"10.0.0.4, 10.0.0.5"}, "10.0.0.4"},
        {{"198.51.100.1, garbage, 10.0.0.6"}, "10.0.0.6"},
        {{"garbage"}, "10.0.0.1"},
        {{""}, "10.0.0.1"},
        {{",,,"}, "10.0.0.1"},
        {{" , "}, "10.0.0.1"},
        {{"[", "]"}, "10.0.0.1"},
        {{"[2001:db9::1"}, "10.0.0.1"},
        {{"unknown, _hidden"}, "10.0.0.1"},
        {{}, "10.0.0.1"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.client);
        CHECK(forwarded_client(*proxies, row.headers, "10.0.0.1") == row.client);
    }
}
