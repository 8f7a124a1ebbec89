#include "routes/region.h"

#include <string>

#include <doctest/doctest.h>

#include "routes/region_table.h"

namespace tapline {
namespace {

TEST_CASE("region: the tables are sorted, unique and well formed") {
    for (std::size_t i = 0; i < area_codes().size(); ++i) {
        const AreaCode& area = area_codes()[i];
        CAPTURE(area.code);
        CHECK(area.code >= 200);
        CHECK(area.code <= 999);
        CHECK(is_region(area.region));
        CHECK(area.region != "unknown");
        CHECK(region_of("+1" + std::to_string(area.code) + "5550100") == area.region);
        if (i > 0) CHECK(area_codes()[i - 1].code < area.code);
    }
    for (std::size_t i = 0; i < calling_codes().size(); ++i) {
        const CallingCode& calling = calling_codes()[i];
        CAPTURE(calling.digits);
        CHECK(calling.digits.find_first_not_of("0123456789") == std::string_view::npos);
        CHECK(calling.digits.front() != '1');
        CHECK(calling.region.size() == 2);
        CHECK(is_region(calling.region));
        CHECK(region_of("+" + std::string(calling.digits) + "5550100") == calling.region);
        if (i > 0) CHECK(calling_codes()[i - 1].digits < calling.digits);
    }
    CHECK(area_codes().size() > 450);
    CHECK(calling_codes().size() > 210);
}

TEST_CASE("region: every state, province and territory has a code") {
    const std::string_view rows[] = {
        "US-AL", "US-AK", "US-AZ", "US-AR", "US-CA", "US-CO", "US-CT", "US-DE", "US-DC", "US-FL",
        "US-GA", "US-HI", "US-ID", "US-IL", "US-IN", "US-IA", "US-KS", "US-KY", "US-LA", "US-ME",
        "US-MD", "US-MA", "US-MI", "US-MN", "US-MS", "US-MO", "US-MT", "US-NE", "US-NV", "US-NH",
        "US-NJ", "US-NM", "US-NY", "US-NC", "US-ND", "US-OH", "US-OK", "US-OR", "US-PA", "US-RI",
        "US-SC", "US-SD", "US-TN", "US-TX", "US-UT", "US-VT", "US-VA", "US-WA", "US-WV", "US-WI",
        "US-WY", "US",    "CA-AB", "CA-BC", "CA-MB", "CA-NB", "CA-NL", "CA-NS", "CA-ON", "CA-QC",
        "CA-SK", "CA",    "PR",    "VI",    "GU",    "AS",    "MP"};
    for (const std::string_view region : rows) {
        CAPTURE(region);
        CHECK(is_region(region));
    }
}

TEST_CASE("region: a prefix names a region") {
    struct Row {
        std::string_view number;
        std::string_view region;
    };
    const Row rows[] = {
        {"+14045550100", "US-GA"}, {"+12125550100", "US-NY"}, {"+13105550100", "US-CA"},
        {"+16455550100", "US-FL"}, {"+17285550100", "US-FL"}, {"+13245550100", "US-FL"},
        {"+18215550100", "US-SC"}, {"+19245550100", "US-MN"}, {"+14715550100", "US-MS"},
        {"+16865550100", "US-VA"}, {"+12025550100", "US-DC"}, {"+19075550100", "US-AK"},
        {"+18085550100", "US-HI"}, {"+18005550100", "US"},    {"+18885550100", "US"},
        {"+18335550100", "US"},    {"+15005550006", "US"},    {"+19115550100", "US"},
        {"+14165550100", "CA-ON"}, {"+19425550100", "CA-ON"}, {"+15145550100", "CA-QC"},
        {"+12575550100", "CA-BC"}, {"+19025550100", "CA-NS"}, {"+18675550100", "CA"},
        {"+16005550100", "CA"},    {"+17875550100", "PR"},    {"+18765550100", "JM"},
        {"+18095550100", "DO"},    {"+16715550100", "GU"},    {"+4930123456", "DE"},
        {"+442079460000", "GB"},   {"+441481555010", "GG"},   {"+441534555010", "JE"},
        {"+441624555010", "IM"},   {"+33123456789", "FR"},    {"+390612345678", "IT"},
        {"+390669812345", "VA"},   {"+79161234567", "RU"},    {"+77011234567", "KZ"},
        {"+76001234567", "KZ"},    {"+4712345678", "NO"},     {"+4779123456", "SJ"},
        {"+358401234567", "FI"},   {"+3581812345", "AX"},     {"+262262123456", "RE"},
        {"+262269123456", "YT"},   {"+590590123456", "GP"},   {"+5997123456", "BQ"},
        {"+59991234567", "CW"},    {"+61291234567", "AU"},    {"+61891621234", "CC"},
        {"+61891641234", "CX"},    {"+819012345678", "JP"},   {"+8613812345678", "CN"},
        {"+852212345678", "HK"},   {"+886212345678", "TW"},   {"+5511912345678", "BR"},
        {"+27821234567", "ZA"},    {"+972501234567", "IL"},   {"+971501234567", "AE"},
        {"+998901234567", "UZ"},   {"+38344123456", "XK"},    {"+2474123456", "AC"},
        {"+20212345678", "EG"},    {"+919812345678", "IN"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.number);
        CHECK(region_of(row.number) == row.region);
        CHECK(is_region(row.region));
    }
}

TEST_CASE("region: what is not E.164 or not listed is unknown") {
    for (const std::string_view number :
         {"", "+", "14045550100", "+140455", "+1404555010012345678", "+0404555010", "+1404555010a",
          "+1 4045550100", "anonymous", "+80012345678", "+88212345678", "+9791234567",
          "+2101234567", "+9991234567"}) {
        CAPTURE(number);
        CHECK(region_of(number) == "unknown");
    }
}

TEST_CASE("region: names that no number can have are no regions") {
    CHECK(is_region("unknown"));
    for (const std::string_view region :
         {"", "us", "US-", "US-XX", "us-ga", "USA", "UK", "CA-YT", "CA-PE", "DE-BE", "ZZ"}) {
        CAPTURE(region);
        CHECK_FALSE(is_region(region));
    }
    CHECK(region_of("+24101234567") == "GA");  // Gabon, not Georgia
}

TEST_CASE("region: a country contains its states") {
    CHECK(region_contains("US", "US"));
    CHECK(region_contains("US", "US-GA"));
    CHECK(region_contains("US-GA", "US-GA"));
    CHECK(region_contains("unknown", "unknown"));
    CHECK_FALSE(region_contains("US-GA", "US"));
    CHECK_FALSE(region_contains("US-GA", "US-NC"));
    CHECK_FALSE(region_contains("US", "unknown"));
    CHECK_FALSE(region_contains("U", "US"));
    CHECK_FALSE(region_contains("", "US"));
    CHECK_FALSE(region_contains("unknown", "US"));
}

TEST_CASE("region: E.164 of what people write") {
    struct Row {
        std::string_view written;
        std::string_view number;
    };
    const Row rows[] = {
        {"+14045550100", "+14045550100"},
        {"+1 (404) 555-0100", "+14045550100"},
        {"+1.404.555.0100", "+14045550100"},
        {" +1 404 555 0100 ", "+14045550100"},
        {"(+1) 404 555 0100", "+14045550100"},
        {"+49 30 123456", "+4930123456"},
        {"+1234567", "+1234567"},
        {"+123456789012345", "+123456789012345"},
        {"+1234567890123456", ""},
        {"+123456", ""},
        {"", ""},
        {"+", ""},
        {"4045550100", ""},
        {"0014045550100", ""},
        {"++14045550100", ""},
        {"+1+4045550100", ""},
        {"+04045550100", ""},
        {"+44 (0)20 7946 0000", ""},
        {"+1 404 555 0100 x12", ""},
        {"+1/404/5550100", ""},
        {"+1\u00A04045550100", ""},
        {"tel:+14045550100", ""},
        {"anonymous", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.written);
        CHECK(to_e164(row.written) == row.number);
    }
    CHECK(to_e164("+" + std::string(100000, '1')).empty());
    CHECK(to_e164(std::string(100000, ' ') + "+14045550100") == "+14045550100");
}

}  // namespace
}  // namespace tapline
