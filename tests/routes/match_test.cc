#include "routes/match.h"

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/routes/sample_brand.h"

namespace tapline {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Monday noon.
const Time kNow = day(3, 9) + hours(12);

// What one condition may ask about; the brand has a table, two hours and one route.
struct Scene {
    Brand brand;
    Event event;
    Place place;
    CustomerFacts customer;
    Situation situation;
    Time now = kNow;

    Scene() {
        brand.tables["vips"].values = {"+14045550199", "dana@example.com", "9001", "@dana_d"};
        Hours& noon = brand.hours["noon"];
        noon.zone = {{Time(), seconds(0)}};
        noon.days.at(1) = {{hours(12), hours(13)}};
        Hours& late = brand.hours["late"];
        late.zone = {{Time(), seconds(0)}};
        late.days.at(0) = {{hours(22), hours(26)}};
    }
};

struct Row {
    std::string_view what;
    std::function<void(When&, Scene&)> set;
    bool holds;
};

Pattern pattern(std::string_view written) {
    auto parsed = Pattern::parse(written);
    REQUIRE(parsed.has_value());
    return *parsed;
}

When with_line(const std::string& line) {
    When when;
    when.line = {line};
    return when;
}

When with_text(std::string_view words) {
    When when;
    when.text = {WordPattern(words)};
    return when;
}

// Each row by itself, through the index, and turned round by `not`.
void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Scene scene;
        When when;
        row.set(when, scene);
        MatchContext context(scene.brand, {scene.event, scene.place, scene.customer},
                             scene.situation, scene.now);
        CHECK(holds(when, context) == row.holds);

        add_route(scene.brand, "asks", "a").when = when;
        add_route(scene.brand, "asks not", "a").when.none = {when};
        add_route(scene.brand, "default", "a");
        scene.brand.index();
        const auto winner = [&] {
            return first_match(scene.brand, {scene.event, scene.place, scene.customer},
                               scene.situation, scene.now)
                ->name;
        };
        CHECK(winner() == (row.holds ? "asks" : "asks not"));
        const auto trail = explain(scene.brand, {scene.event, scene.place, scene.customer},
                                   scene.situation, scene.now);
        REQUIRE_FALSE(trail.empty());
        CHECK(trail.back().route == winner());
        CHECK(trail.back().holds);
        CHECK(trail.front().route == "asks");
    }
}

TEST_CASE("match: names are equal, and what is not told is none") {
    check({
        {"a source", [](When& w, Scene& s) { w.source = {"x"}, s.place.source = "x"; }, true},
        {"another source", [](When& w, Scene&) { w.source = {"x"}; }, false},
        {"one of two profiles",
         [](When& w, Scene& s) {
             w.profile = {"a", "shop"}, s.place.profile = "shop";
         },
         true},
        {"no profile", [](When& w, Scene&) { w.profile = {"shop"}; }, false},
        {"nothing is not a name", [](When& w, Scene&) { w.profile = {""}; }, false},
        {"a channel",
         [](When& w, Scene& s) { w.channel = {Channel::text}, s.event.channel = Channel::text; },
         true},
        {"another channel", [](When& w, Scene&) { w.channel = {Channel::text}; }, false},
        {"a button", [](When& w, Scene& s) { w.button = {"b"}, s.place.button = "b"; }, true},
        {"a button in another case",
         [](When& w, Scene& s) { w.button = {"b"}, s.place.button = "B"; }, false},
        {"a campaign",
         [](When& w, Scene& s) { w.campaign = {"spring"}, s.place.campaign = "spring"; }, true},
        {"a line",
         [](When& w, Scene& s) {
             w.line = {"+18005550100", "+18005550101"};
             s.event.line = "+18005550101";
         },
         true},
        {"another line",
         [](When& w, Scene& s) { w.line = {"+18005550100"}, s.event.line = "+18005550102"; },
         false},
        {"no line", [](When& w, Scene&) { w.line = {"+18005550100"}; }, false},
        {"auth", [](When& w, Scene& s) { w.auth = {"none"}, s.event.auth = "none"; }, true},
        {"other auth", [](When& w, Scene& s) { w.auth = {"none"}, s.event.auth = "api_key"; },
         false},
        {"no auth was told", [](When& w, Scene&) { w.auth = {"none"}; }, false},
        {"nothing asked", [](When&, Scene&) {}, true},
    });
}

TEST_CASE("match: a region holds for what lies in it, a language for its kinds") {
    const auto region = [](std::string_view wanted, std::string_view told) {
        return [=](When& w, Scene& s) { w.region = {std::string(wanted)}, s.place.region = told; };
    };
    const auto language = [](std::string_view wanted, std::string_view told) {
        return [=](When& w, Scene& s) {
            w.language = {std::string(wanted)};
            s.event.language = told;
        };
    };
    check({
        {"a state", region("US-GA", "US-GA"), true},
        {"a state's country", region("US", "US-GA"), true},
        {"a country's state", region("US-GA", "US"), false},
        {"a country that begins alike", region("U", "US"), false},
        {"unknown", region("unknown", "unknown"), true},
        {"a country, of whom none is known", region("US", "unknown"), false},
        {"no region", region("unknown", ""), false},
        {"a language", language("pt", "pt"), true},
        {"its kind", language("pt", "pt-br"), true},
        {"a kind of a kind", language("zh-hant", "zh-hant-tw"), true},
        {"the language of a kind", language("zh", "zh-hant-tw"), true},
        {"a kind, of a language", language("pt-br", "pt"), false},
        {"a language that begins alike", language("f", "fr"), false},
        {"no language", language("unknown", ""), true},
        {"a language where none is told", language("en", ""), false},
        {"unknown, but it is told", language("unknown", "en"), false},
        {"that of the place",
         [](When& w, Scene& s) { w.language = {"en"}, s.place.language = "en-gb"; }, true},
        {"the event's before the place's",
         [](When& w, Scene& s) {
             w.language = {"en"};
             s.event.language = "de";
             s.place.language = "en";
         },
         false},
    });
}

TEST_CASE("match: words are folded, patterns read what was written") {
    const auto written = [](std::string_view expression) {
        return [=](When& w, Scene& s) {
            w.pattern = {pattern("no such thing"), pattern(expression)};
            s.event.subject = "Order";
            s.event.text = "Nº 123456, Été";
        };
    };
    check({
        {"a word", [](When& w, Scene& s) { w.text = {WordPattern("ete")}, s.event.text = "Été!"; },
         true},
        {"no word", [](When& w, Scene&) { w.text = {WordPattern("ete")}; }, false},
        {"in the subject",
         [](When& w, Scene& s) { w.text = {WordPattern("can*")}, s.event.subject = "cancel"; },
         true},
        {"in the text", written("12345[6]"), true},
        {"in the wrong case", written("order"), false},
        {"in any case", written("(?i)order"), true},
        {"accents count", written("Ete"), false},
        {"subject, newline and text", written("Order\\nN"), true},
        {"the end of the text", written("Été$"), true},
        {"an empty text", [](When& w, Scene&) { w.pattern = {pattern("a")}; }, false},
    });
}

TEST_CASE("match: what is known of the customer") {
    const auto contacts = [](int at_least, std::vector<Milliseconds> ago) {
        return [=](When& w, Scene& s) {
            w.contacts = ContactsCondition{at_least, hours(48)};
            for (const Milliseconds one : ago) s.customer.recent.push_back(s.now - one);
        };
    };
    const auto open = [](std::optional<Milliseconds> ago) {
        return [=](When& w, Scene& s) {
            w.open_journey = hours(72);
            if (ago) s.customer.open_journey = OpenJourney{"7K3M9Q2X4", "care", s.now - *ago};
        };
    };
    check({
        {"known", [](When& w, Scene& s) { w.customer_known = true, s.customer.known = true; },
         true},
        {"not known", [](When& w, Scene&) { w.customer_known = true; }, false},
        {"new", [](When& w, Scene&) { w.customer_known = false; }, true},
        {"not new", [](When& w, Scene& s) { w.customer_known = false, s.customer.known = true; },
         false},
        {"enough contacts", contacts(2, {hours(1), hours(2)}), true},
        {"one too few", contacts(2, {hours(1)}), false},
        {"none", contacts(1, {}), false},
        {"at the very edge", contacts(1, {hours(48)}), true},
        {"too old", contacts(1, {hours(48) + Milliseconds(1)}), false},
        {"an open journey", open(hours(71)), true},
        {"at its very edge", open(hours(72)), true},
        {"too old a journey", open(hours(72) + Milliseconds(1)), false},
        {"no open journey", open(std::nullopt), false},
    });
}

TEST_CASE("match: a customer is in a table by phone, address, platform id or handle") {
    const auto person = [](Customer customer) {
        return [=](When& w, Scene& s) {
            w.customer_in = {"gone", "vips"};
            s.event.customer = customer;
        };
    };
    check({
        {"by phone", person({"", "", "+14045550199", "", ""}), true},
        {"by address", person({"", "", "", "dana@example.com", ""}), true},
        {"by address in any case", person({"", "", "", "Dana@Example.com", ""}), true},
        {"by platform id", person({"9001", "", "", "", ""}), true},
        {"by handle", person({"", "", "", "", "Dana_D"}), true},
        {"by none of these", person({"9002", "", "+14045550198", "d@example.com", "d"}), false},
        {"not by name", person({"", "dana_d", "", "", ""}), false},
        {"nobody", person({}), false},
        {"nobody, in a table with an empty row",
         [](When& w, Scene& s) {
             w.customer_in = {"vips"};
             s.brand.tables["vips"].values.insert("");
         },
         false},
        {"a table that is not there",
         [](When& w, Scene& s) {
             w.customer_in = {"gone"};
             s.event.customer.platform_id = "9001";
         },
         false},
    });
}

TEST_CASE("match: switches and times hold while they last") {
    const auto storm = [](std::vector<std::string> regions, std::string_view region,
                          Milliseconds left) {
        return [=](When& w, Scene& s) {
            w.switches = {"flood", "storm"};
            s.situation.switches["storm"] = {s.now + left, regions};
            s.place.region = region;
        };
    };
    const auto at = [](std::vector<std::string> names, Time now) {
        return [=](When& w, Scene& s) { w.time = names, s.now = now; };
    };
    check({
        {"on", storm({}, "unknown", hours(1)), true},
        {"over", storm({}, "unknown", Milliseconds(0)), false},
        {"in its region", storm({"US"}, "US-GA", hours(1)), true},
        {"in another region", storm({"US"}, "DE", hours(1)), false},
        {"in an unknown region", storm({"US"}, "unknown", hours(1)), false},
        {"off", [](When& w, Scene&) { w.switches = {"storm"}; }, false},
        {"open", at({"noon"}, kNow), true},
        {"closed", at({"noon"}, kNow + hours(1)), false},
        {"another day", at({"noon"}, kNow + hours(24)), false},
        {"one of two", at({"late", "noon"}, kNow), true},
        {"past midnight", at({"late"}, day(3, 9) + hours(1)), true},
        {"hours that are not there", at({"gone"}, kNow), false},
    });
}

TEST_CASE("match: any, all and not") {
    When on_line = with_line("+18005550100");
    const When leaving = with_text("cancel*");
    When both = on_line;
    both.text = leaving.text;
    const auto told = [](std::string_view line, std::string_view text, auto ask) {
        return [=](When& w, Scene& s) {
            s.event.line = line;
            s.event.text = text;
            ask(w);
        };
    };
    const auto any = [&](When& w) { w.any = {on_line, leaving}; };
    const auto all = [&](When& w) { w.all = {on_line, leaving}; };
    const auto none = [&](When& w) { w.none = {on_line, leaving}; };
    const auto not_both = [&](When& w) { w.none = {both}; };
    const auto deep = [&](When& w) {
        When inner;
        inner.none = {leaving};
        w.any = {on_line, inner};
    };
    const std::string_view line = "+18005550100";
    check({
        {"any: neither", told("", "", any), false},
        {"any: the first", told(line, "", any), true},
        {"any: the second", told("", "cancelled", any), true},
        {"all: one", told(line, "", all), false},
        {"all: both", told(line, "cancelled", all), true},
        {"none: neither", told("", "", none), true},
        {"none: one", told("", "cancelled", none), false},
        {"not both: one", told("", "cancelled", not_both), true},
        {"not both: both", told(line, "cancelled", not_both), false},
        {"not within any: neither", told("", "", deep), true},
        {"not within any: the word", told("", "cancel", deep), false},
        {"not within any: both", told(line, "cancel", deep), true},
    });
}

TEST_CASE("explain: names conditions by where they stand, and tells those that nobody need ask") {
    Scene scene;
    Route& deep = add_route(scene.brand, "deep", "a");
    deep.when.channel = {Channel::call};
    deep.when.any = {with_text("cancel*"), with_line("+18005550100")};
    deep.when.none = {When{}};
    deep.when.none[0].customer_in = {"vips"};
    deep.when.none[0].customer_known = true;
    deep.when.attribution = {{"utm_source", {"ig"}}, {"gclid", {"*"}}};
    Route& wins = add_route(scene.brand, "wins", "a");
    wins.when.all = {with_line("+18005550100"), When{}};
    wins.when.all[1].any = {with_text("hi"), with_text("ho")};
    wins.when.none = {with_text("a"), with_text("b")};
    add_route(scene.brand, "default", "a");
    scene.brand.index();
    scene.event.line = "+18005550100";
    scene.event.text = "ho";
    scene.event.attribution = {{"gclid", "Cj0"}};
    scene.event.customer.handle = "dana_d";
    std::vector<std::string> steps;
    for (const TrailStep& step : explain(scene.brand, {scene.event, scene.place, scene.customer},
                                         scene.situation, scene.now)) {
        steps.push_back(step.route + " " + step.condition + (step.holds ? " yes" : " no"));
    }
    const std::vector<std::string> expected = {
        "deep channel no",
        "deep attribution.utm_source no",
        "deep attribution.gclid yes",
        "deep not.customer no",
        "deep not.customer_in yes",
        "deep not yes",
        "deep any[0].text no",
        "deep any[1].line yes",
        "deep any yes",
        "wins not[0].text no",
        "wins not[1].text no",
        "wins not yes",
        "wins all[0].line yes",
        "wins all[1].any[0].text no",
        "wins all[1].any[1].text yes",
        "wins all[1].any yes",
        "wins all yes",
    };
    for (std::size_t i = 0; i < std::max(steps.size(), expected.size()); ++i) {
        CHECK((i < steps.size() ? steps[i] : "") == (i < expected.size() ? expected[i] : ""));
    }
}

TEST_CASE("match: a million rows of a table are one look-up") {
    Scene scene;
    auto& values = scene.brand.tables["all"].values;
    values.reserve(1'000'000);
    for (int i = 0; i < 1'000'000; ++i) values.insert("+1404" + std::to_string(1'000'000 + i));
    When when;
    when.customer_in = {"all"};
    for (int i = 0; i < 1000; ++i) {
        scene.event.customer.phone = "+1404" + std::to_string(1'000'000 + i * 1999);
        MatchContext context(scene.brand, {scene.event, scene.place, scene.customer},
                             scene.situation, scene.now);
        REQUIRE(holds(when, context) == (i * 1999 < 1'000'000));
    }
}

}  // namespace
}  // namespace tapline
