#include "config/tools/read_tests.h"

#include <algorithm>
#include <array>
#include <set>

#include "config/calendar.h"
#include "config/tools/local_time.h"

namespace tapline {

namespace {

constexpr std::size_t kTestsMax = 10'000;
constexpr std::size_t kRepeatMax = 10'000;

// What one key of `expect` takes.
enum class Takes { one, list, time, text, said };

struct ExpectKey {
    std::string_view key;
    Takes takes;
    std::string_view kind;          // of names, for messages; "" = one of `words`
    const Names TestNames::*names;  // null: `words`, or anything
    std::string_view words;         // separated by spaces
};

constexpr std::array<ExpectKey, 20> kExpectKeys = {{
    {"route", Takes::one, "route", &TestNames::routes, ""},
    {"queue", Takes::one, "queue", &TestNames::queues, ""},
    {"state", Takes::one, "", nullptr, "queued held gathering suppressed"},
    {"until", Takes::time, "", nullptr, ""},
    {"due", Takes::time, "", nullptr, ""},
    {"priority", Takes::one, "", nullptr, "normal express"},
    {"call", Takes::one, "", nullptr, "voicemail dial callback hangup ring"},
    {"says", Takes::said, "", nullptr, ""},
    {"reply", Takes::said, "", nullptr, ""},
    {"withheld", Takes::text, "", nullptr, ""},
    {"arm", Takes::one, "arm", &TestNames::arms, ""},
    {"held_by", Takes::one, "switch", &TestNames::switches, ""},
    {"copy_to", Takes::list, "queue", &TestNames::queues, ""},
    {"topics", Takes::list, "topic", &TestNames::topics, ""},
    {"campaign", Takes::text, "", nullptr, ""},
    {"attribution", Takes::one, "", nullptr, "exact_ref exact_line pool_window overflow unknown"},
    {"source", Takes::one, "source", &TestNames::sources, ""},
    {"profile", Takes::one, "profile", &TestNames::profiles, ""},
    {"button", Takes::one, "button", &TestNames::buttons, ""},
    {"same", Takes::one, "", nullptr, "queue arm"},
}};

std::vector<std::string> words_of(std::string_view words) {
    std::vector<std::string> all;
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        all.emplace_back(words.substr(0, end));
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return all;
}

std::optional<std::string> read_word(const YamlNode& node, const ExpectKey& key, Report& report) {
    const auto words = words_of(key.words);
    const bool is_one = node.kind == YamlNode::Kind::scalar &&
                        std::find(words.begin(), words.end(), node.text) != words.end();
    if (is_one) return node.text;
    const std::string near = nearest(node.text, words);
    report_shape(node, listed(words), near.empty() ? "" : "did you mean " + shown(near) + "?",
                 report);
    return std::nullopt;
}

std::optional<std::string> read_expected_time(const YamlNode& node, const ContactReading& reading) {
    if (node.kind == YamlNode::Kind::scalar && node.text == "none") return "none";
    const auto local = read_value(&node, kLocalTime, reading.report);
    if (!local) return std::nullopt;
    const auto moment = moment_of(*local, reading.zone);
    if (moment) return local_text(*moment, reading.zone);
    reading.report.error(node.where, "the clocks skip " + shown(node.text) + " in " +
                                         reading.brand.timezone + "; write another time");
    return std::nullopt;
}

std::string joined_sorted(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

std::optional<std::string> read_expected_list(const YamlNode& node, const ExpectKey& key,
                                              const ContactReading& reading) {
    if (node.kind == YamlNode::Kind::list && node.items.empty()) return "";
    const auto names = read_references(&node, key.kind, reading.names.*(key.names), reading.report);
    if (names.empty()) return std::nullopt;
    return joined_sorted(names);
}

std::optional<std::string> read_expected(const YamlNode& node, const ExpectKey& key,
                                         const ContactReading& reading) {
    if (node.kind == YamlNode::Kind::refused) return std::nullopt;
    switch (key.takes) {
        case Takes::time:
            return read_expected_time(node, reading);
        case Takes::list:
            return read_expected_list(node, key, reading);
        case Takes::text:
        case Takes::said:
            return read_text(&node, reading.report);
        case Takes::one:
            break;
    }
    if (key.names == nullptr) return read_word(node, key, reading.report);
    // "none" for what an outcome may lack.
    if (node.kind == YamlNode::Kind::scalar && node.text == "none") return "none";
    const std::string name =
        read_reference(&node, key.kind, reading.names.*(key.names), reading.report);
    return name.empty() ? std::nullopt : std::optional<std::string>(name);
}

void read_expect(const YamlNode* node, const std::string& what, const ContactReading& reading,
                 BrandTest& test) {
    if (node == nullptr) return;
    KeyReader fields(node, what + " expect", reading.report);
    for (const ExpectKey& key : kExpectKeys) {
        const YamlNode* value = fields.find(key.key);
        if (value == nullptr) continue;
        if (auto text = read_expected(*value, key, reading)) {
            test.expect.push_back({std::string(key.key), *std::move(text)});
        }
    }
    fields.done();
    if (fields.is_map() && node->entries.empty()) {
        reading.report.error(node->where, what + " expects nothing; write {queue: NAME}");
    }
}

void read_test(const YamlNode& node, const ContactReading& reading, std::set<std::string>& seen,
               BrandTests& tests) {
    Report& report = reading.report;
    KeyReader fields(&node, "the test", report);
    const YamlNode* name = fields.need("name", "add name: a sentence that tells what must hold");
    BrandTest test;
    test.where = node.where;
    test.name = read_text(name, report).value_or("");
    const std::string what = test.name.empty() ? "the test" : "test " + shown(test.name);
    const std::size_t errors_before = report.errors();
    test.contact = read_contact(fields, what, std::nullopt, reading);
    const YamlNode* repeat = fields.find("repeat");
    const std::size_t times = read_value(repeat, kCount, report).value_or(1);
    if (times > kRepeatMax) report.error(repeat->where, "repeat is at most 10000; lower it");
    test.repeat = static_cast<int>(std::min(times, kRepeatMax));
    read_expect(fields.need("expect", "add expect: {queue: NAME}"), what, reading, test);
    fields.done();
    if (!test.name.empty() && !seen.insert(test.name).second) {
        report.error(name->where, what + " is there twice; give each its own name");
    }
    if (report.errors() == errors_before) tests.tests.push_back(std::move(test));
}

template <class Map>
Names names_in(const Map& map) {
    Names names;
    for (const auto& entry : map) names.all.insert(entry.first);
    return names;
}

// The names of the draft: what is faulty counts as there, since its own mistake is told.
TestNames names_of(const BrandReading& reading) {
    TestNames names = test_names(reading.draft.brand);
    names.sources = reading.sources;
    names.profiles = reading.profiles;
    names.buttons = reading.buttons;
    names.queues = reading.queues;
    names.campaigns = reading.campaigns;
    for (const auto& place : reading.draft.places) {
        if (place.first.first == "route") names.routes.all.insert(place.first.second);
        if (place.first.first == "switch") names.switches.all.insert(place.first.second);
        if (place.first.first == "topic") names.topics.all.insert(place.first.second);
    }
    for (Names* one : {&names.routes, &names.switches, &names.topics}) {
        one->complete = reading.draft.complete;
    }
    // A pilot with a mistake is left out as a whole.
    names.arms.complete = reading.draft.complete && reading.report.errors() == 0;
    return names;
}

}  // namespace

TestNames test_names(const Brand& brand) {
    TestNames names;
    names.profiles = names_in(brand.profiles);
    names.buttons = names_in(brand.buttons);
    names.queues = names_in(brand.queues);
    names.switches = names_in(brand.switches);
    names.topics = names_in(brand.topics);
    names.campaigns = names_in(brand.campaigns);
    names.sources.all = {"facebook", "instagram", "unknown", "web", "whatsapp", "x"};
    for (const auto& entry : brand.profiles) names.sources.all.insert(entry.second.source);
    for (const Route& route : brand.routes) {
        names.routes.all.insert(route.name);
        if (!route.pilot) continue;
        names.arms.all.insert("control");
        for (const Arm& arm : route.pilot->arms) names.arms.all.insert(arm.name);
    }
    return names;
}

BrandTests read_tests(const YamlNode* section, BrandReading& reading) {
    BrandTests tests;
    const Brand& brand = reading.draft.brand;
    tests.zone = zone_offsets(brand.timezone);
    if (section == nullptr || section->kind == YamlNode::Kind::refused) return tests;
    if (section->kind != YamlNode::Kind::list) {
        report_shape(*section, "a list of tests", "write - name: ...", reading.report);
        return tests;
    }
    if (section->items.size() > kTestsMax) {
        reading.report.error(section->where, "more than 10000 tests; remove some");
        return tests;
    }
    const TestNames names = names_of(reading);
    std::set<std::string> seen;
    for (const YamlNode& node : section->items) {
        read_test(node, {brand, names, tests.zone, reading.report}, seen, tests);
    }
    return tests;
}

}  // namespace tapline
