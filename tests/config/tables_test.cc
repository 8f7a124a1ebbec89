// Tables as the config reads them: customers, special days.
#include <doctest/doctest.h>

#include "config/csv.h"
#include "tests/config/support.h"

using namespace tapline;
using tapline::test::Files;

namespace {

std::optional<CsvTable> read(const std::string& bytes, Report& report) {
    const FileAccess files = test::memory_access({{"tables/t.csv", bytes}}, {});
    return read_csv(files, "tables/t.csv", whole_file("brands/acme.yaml"), {"a", "b"}, report);
}

}  // namespace

TEST_CASE("tables: CSV as spreadsheets write it") {
    struct Row {
        const char* bytes;
        std::vector<std::vector<std::string>> rows;
    };
    const Row cases[] = {
        {"a,b\n1,2\n", {{"1", "2"}}},
        {"b,a\n1,2\n", {{"2", "1"}}},
        {"\xEF\xBB\xBF"
         "A,B\r\n1,2\r\n\r\n3,4",
         {{"1", "2"}, {"3", "4"}}},
        {"a\n1\n", {{"1", ""}}},
        {"a,b\n1\n", {{"1", ""}}},
        {"a,b\n1,\n", {{"1", ""}}},
        {"a,b\n  1 , two words \n", {{"1", "two words"}}},
        {"a,b\n\"1,5\",\"say \"\"yes\"\"\"\n", {{"1,5", "say \"yes\""}}},
        {"a,b\n\"\",\" kept \"\n", {{"", " kept "}}},
        {"a,b\n", {}},
    };
    for (const Row& row : cases) {
        CAPTURE(row.bytes);
        Report report;
        const auto table = read(row.bytes, report);
        CHECK(report.errors() == 0);
        REQUIRE(table);
        std::vector<std::vector<std::string>> rows;
        for (const CsvRow& one : table->rows) rows.push_back(one.fields);
        CHECK(rows == row.rows);
    }
}

TEST_CASE("tables: a mistake stands at its line and field") {
    Report report;
    CHECK(read("a,b\n1,2\n1,2,3\n\"x\ny\",2\n4,\xFF\n", report));
    const auto mistakes = report.sorted();
    REQUIRE(mistakes.size() == 3);
    CHECK(mistakes[0].line == 3);
    CHECK(mistakes[0].column == 3);
    CHECK(mistakes[1].line == 4);
    CHECK(mistakes[1].column == 1);
    CHECK(mistakes[2].line == 6);
    CHECK(mistakes[2].column == 2);
}

TEST_CASE("tables: a table that is all wrong is not told row by row") {
    std::string bytes = "a,b\n";
    for (int i = 0; i < 10'000; ++i) bytes += "1,2,3\n";
    Report report;
    CHECK_FALSE(read(bytes, report));
    CHECK(report.errors() == 50);
}

TEST_CASE("tables: customers and special days come with the brand and make its version") {
    Files files = test::good_files();
    files["brands/acme.yaml"] =
        "config: 1\nbrand: acme\nowner: ops@acme.example\ntimezone: America/New_York\n"
        "hours: {store: {every day: \"08:00-18:00\", except: tables/days.csv}}\n"
        "tables: {vips: tables/vips.csv}\n"
        "queues: {care: {hours: always, dial: {to: [\"+14045550111\"]}}}\n"
        "routes:\n"
        "  - {name: vip, when: {customer_in: vips, time: store}, to: care}\n"
        "  - {name: default, to: care}\n";
    files["tables/days.csv"] =
        "date,open,name\n2026-12-24,08:00-12:00 13:00-15:00,Eve\n2026-12-25,closed,Day\n";
    files["tables/vips.csv"] =
        "phone,email,id,handle\n+14045550199,Dana@Mail.example,,\n,,AbC,@Dana_D\n";
    const LoadResult first = test::load(files);
    REQUIRE_MESSAGE(first.config, test::messages(first));
    const Brand& brand = *first.config->brands.at("acme");
    const Hours& store = brand.hours.at("store");
    REQUIRE(store.special.size() == 2);
    CHECK(store.special.begin()->second.open.size() == 2);
    CHECK(store.special.begin()->second.name == "Eve");
    CHECK(store.special.rbegin()->second.open.empty());
    CHECK(brand.tables.at("vips").values ==
          std::unordered_set<std::string>{"+14045550199", "dana@mail.example", "AbC", "@dana_d"});

    files["tables/vips.csv"] += "+14045550198,,,\n";
    const LoadResult second = test::load(files);
    REQUIRE(second.config);
    CHECK(second.config->brands.at("acme")->config_version != brand.config_version);
}

TEST_CASE("windows: messages and comments are told of that wait after a hand-over") {
    Files files = test::good_files();
    files["brands/acme.yaml"] =
        "config: 1\nbrand: acme\nowner: ops@acme.example\n"
        "profiles: {shop: {source: instagram, connection: instagram-main, account: \"1\"}}\n"
        "buttons: {ig-dm: {profile: shop, channel: dm}}\n"
        "hours: {day: {every day: \"08:00-18:00\"}, rare: {mon: \"08:00-09:00\"}, never: {}}\n"
        "queues:\n"
        "  care: {hours: day, closed: {dm: {queue: weekly}, other: {then: hold}}}\n"
        "  weekly: {hours: rare, closed: {other: {then: hold}}}\n"
        "  seldom: {hours: yearly, closed: {other: {then: hold}}}\n"
        "routes:\n"
        "  - {name: posts, when: {channel: post}, to: seldom}\n"
        "  - {name: default, to: care}\n";
    auto& brand = files["brands/acme.yaml"];
    brand.replace(brand.find("never: {}"), 9,
                  "yearly: {mon: \"08:00-09:00\", except: tables/days.csv}");
    files["tables/days.csv"] = "date,open,name\n";
    for (int day = 5; day <= 26; day += 7) {
        files["tables/days.csv"] += "2027-04-" + std::string(day < 10 ? "0" : "") +
                                    std::to_string(day) + ",closed,Holiday\n";
    }
    const std::string told = test::messages(test::load(files));
    CAPTURE(told);
    CHECK(told.find("queue \"weekly\" is closed for up to 167 h, and messages to profile") !=
          std::string::npos);
    CHECK(told.find("and comments under profile \"shop\" can be answered for 168 h only") !=
          std::string::npos);
    CHECK(told.find("queue \"care\" is closed") == std::string::npos);
}

TEST_CASE("tables: a departed weekend is told where messages cannot wait so long") {
    Files files = test::good_files();
    files["brands/acme.yaml"] =
        "config: 1\nbrand: acme\nowner: ops@acme.example\n"
        "profiles: {shop: {source: instagram, connection: instagram-main, account: \"1\"}}\n"
        "buttons: {ig-dm: {profile: shop, channel: dm}}\n"
        "hours: {desk: {mon-fri: \"08:00-18:00\"}}\n"
        "queues: {care: {hours: desk, closed: {other: {reply: \"Soon.\", then: hold}}}}\n"
        "routes: [{name: default, to: care}]\n";
    const LoadResult loaded = test::load(files);
    REQUIRE_MESSAGE(loaded.config, test::messages(loaded));
    CHECK(test::messages(loaded).find("is closed for up to 62 h, and messages to profile \"shop\" "
                                      "can be answered for 24 h only") != std::string::npos);
    files["brands/acme.yaml"].replace(files["brands/acme.yaml"].find("mon-fri"), 7, "mon-sun");
    CHECK(test::messages(test::load(files)).find("is closed for") == std::string::npos);
}
