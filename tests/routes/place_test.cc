#include "routes/place.h"

#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "tests/routes/sample_brand.h"

namespace tapline {
namespace {

Brand indexed_brand() {
    Brand brand = sample_brand();
    brand.index();
    return brand;
}

Event event_of(Channel channel) {
    Event event;
    event.channel = channel;
    event.occurred_at = day(4, 1);
    return event;
}

TEST_CASE("place: attributions have names") {
    CHECK(to_string(Attribution::exact_ref) == "exact_ref");
    CHECK(to_string(Attribution::exact_line) == "exact_line");
    CHECK(to_string(Attribution::pool_window) == "pool_window");
    CHECK(to_string(Attribution::overflow) == "overflow");
    CHECK(to_string(Attribution::unknown) == "unknown");
}

TEST_CASE("place: the button is found by the first evidence that the brand knows") {
    struct Row {
        std::string_view what;
        Event event;
        std::string_view profile;
        std::string_view button;
        Attribution attribution;
    };
    const auto with = [](Channel channel, auto fill) {
        Event event = event_of(channel);
        fill(event);
        return event;
    };
    const auto ref = Attribution::exact_ref;
    const auto line = Attribution::exact_line;
    const auto unknown = Attribution::unknown;
    const Row rows[] = {
        {"nothing", event_of(Channel::dm), "", "", unknown},
        {"ref", with(Channel::dm, [](Event& e) { e.ref = "ig-dm"; }), "shop", "ig-dm", ref},
        {"ref of another channel", with(Channel::text, [](Event& e) { e.ref = "ig-dm"; }), "shop",
         "ig-dm", ref},
        {"ref before all others",
         with(Channel::call,
              [](Event& e) {
                  e.ref = "x-dm";
                  e.button = "ig-dm";
                  e.line = "+18005550100";
                  e.profile = "shop";
              }),
         "acme-x", "x-dm", ref},
        {"ref is case sensitive", with(Channel::dm, [](Event& e) { e.ref = "IG-DM"; }), "", "",
         unknown},
        {"button", with(Channel::chat, [](Event& e) { e.button = "x-dm"; }), "acme-x", "x-dm", ref},
        {"button before line",
         with(Channel::call,
              [](Event& e) {
                  e.button = "x-dm";
                  e.line = "+18005550100";
              }),
         "acme-x", "x-dm", ref},
        {"unknown ref and button, then line",
         with(Channel::call,
              [](Event& e) {
                  e.ref = "nobody";
                  e.button = "nothing";
                  e.line = "+18005550100";
              }),
         "shop", "ig-call", line},
        {"line called", with(Channel::call, [](Event& e) { e.line = "+18005550100"; }), "shop",
         "ig-call", line},
        {"line texted", with(Channel::text, [](Event& e) { e.line = "+18005550101"; }), "shop",
         "ig-text", line},
        {"call line texted", with(Channel::text, [](Event& e) { e.line = "+18005550100"; }), "shop",
         "ig-call", line},
        {"text line called", with(Channel::call, [](Event& e) { e.line = "+18005550101"; }), "shop",
         "ig-text", line},
        {"foreign line", with(Channel::call, [](Event& e) { e.line = "+18005550199"; }), "", "",
         unknown},
        {"address", with(Channel::email, [](Event& e) { e.address = "hello+ig@acme.example"; }),
         "shop", "ig-email", line},
        {"address in upper case",
         with(Channel::email, [](Event& e) { e.address = "HELLO+Ig@Acme.Example"; }), "shop",
         "ig-email", line},
        {"address with one more tag",
         with(Channel::email, [](Event& e) { e.address = "hello+ig+7K3M9Q2X4@acme.example"; }),
         "shop", "ig-email", line},
        {"address without the tag",
         with(Channel::email, [](Event& e) { e.address = "hello@acme.example"; }), "acme-x",
         "x-email", line},
        {"address with an unknown tag",
         with(Channel::email, [](Event& e) { e.address = "hello+a+b@acme.example"; }), "acme-x",
         "x-email", line},
        {"plus only in the domain",
         with(Channel::email, [](Event& e) { e.address = "hello@a+b.example"; }), "", "", unknown},
        {"no address at all", with(Channel::email, [](Event& e) { e.address = "hello+ig"; }), "",
         "", unknown},
        {"profile with one such button", with(Channel::dm, [](Event& e) { e.profile = "shop"; }),
         "shop", "ig-dm", line},
        {"profile with two such buttons", with(Channel::dm, [](Event& e) { e.profile = "acme-x"; }),
         "acme-x", "", unknown},
        {"profile with no such button", with(Channel::post, [](Event& e) { e.profile = "shop"; }),
         "shop", "", unknown},
        {"account",
         with(Channel::dm,
              [](Event& e) {
                  e.connection = "meta-main";
                  e.account = "17841400000000001";
              }),
         "shop", "ig-dm", line},
        {"account of another connection",
         with(Channel::dm,
              [](Event& e) {
                  e.connection = "x-main";
                  e.account = "17841400000000001";
              }),
         "", "", unknown},
        {"profile before account",
         with(Channel::dm,
              [](Event& e) {
                  e.profile = "acme-x";
                  e.connection = "meta-main";
                  e.account = "17841400000000001";
              }),
         "acme-x", "", unknown},
        {"unknown profile, then account",
         with(Channel::dm,
              [](Event& e) {
                  e.profile = "nobody";
                  e.connection = "x-main";
                  e.account = "2244994945";
              }),
         "acme-x", "", unknown},
    };
    const Brand brand = indexed_brand();
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Place found = place(brand, row.event, std::nullopt);
        CHECK(found.profile == row.profile);
        CHECK(found.button == row.button);
        CHECK(to_string(found.attribution) == to_string(row.attribution));
    }
}

TEST_CASE("place: the source is the profile's, else a declared utm_source, else unknown") {
    struct Row {
        std::string_view profile;
        std::string_view utm_source;
        std::string_view source;
    };
    const Row rows[] = {
        {"shop", "", "instagram"},      {"acme-x", "instagram", "x"},
        {"", "instagram", "instagram"}, {"", "Instagram", "instagram"},
        {"", "twitter", "x"},           {"", "x", "x"},
        {"", "facebook", "unknown"},    {"", "", "unknown"},
    };
    const Brand brand = indexed_brand();
    for (const Row& row : rows) {
        CAPTURE(row.profile);
        CAPTURE(row.utm_source);
        Event event = event_of(Channel::chat);
        event.profile = row.profile;
        event.attribution = {{"utm_medium", "social"}, {"utm_source", std::string(row.utm_source)}};
        CHECK(place(brand, event, std::nullopt).source == row.source);
    }
}

TEST_CASE("place: a message to a WhatsApp button's number is that button's, else of the platform") {
    Brand brand = sample_brand();
    add_button(brand, "ig-whatsapp", "shop", Channel::dm).whatsapp = "+18005550102";
    brand.index();
    Event event = event_of(Channel::dm);
    event.platform = "whatsapp";
    event.line = "+18005550102";
    CHECK(place(brand, event, std::nullopt).button == "ig-whatsapp");
    CHECK(place(brand, event, std::nullopt).source == "instagram");
    CHECK(place(brand, event, std::nullopt).attribution == Attribution::exact_line);
    event.line = "+18005550103";
    CHECK(place(brand, event, std::nullopt).button.empty());
    CHECK(place(brand, event, std::nullopt).source == "whatsapp");
    // The number is no line: a text to it is not the button's.
    event = event_of(Channel::text);
    event.line = "+18005550102";
    CHECK(place(brand, event, std::nullopt).button.empty());
}

TEST_CASE("place: a missed call is as sure of its button as the call was") {
    const Brand brand = indexed_brand();
    Journey journey;
    journey.source = "instagram";
    journey.button = "ig-call";
    Event event = event_of(Channel::call);
    event.line = "+18005550100";
    event.call_step = CallStep{"CA1", CallStep::Kind::missed, {}, false};
    CHECK(place(brand, event, journey).button == "ig-call");
    CHECK(place(brand, event, journey).attribution == Attribution::exact_line);
}

TEST_CASE("place: a live journey says all, but the event's own campaign wins") {
    const Brand brand = indexed_brand();
    Journey journey;
    journey.source = "instagram";
    journey.profile = "shop";
    journey.button = "ig-call";
    journey.campaign = "spring";
    journey.campaign_by = "utm";
    Event event = event_of(Channel::dm);
    event.ref = "x-dm";
    event.profile = "acme-x";

    Place found = place(brand, event, journey);
    CHECK(found.source == "instagram");
    CHECK(found.profile == "shop");
    CHECK(found.button == "ig-call");
    CHECK(found.campaign == "spring");
    CHECK(found.campaign_by == "journey");
    CHECK(found.attribution == Attribution::exact_ref);

    event.attribution = {{"utm_campaign", "summer"}};
    found = place(brand, event, journey);
    CHECK(found.campaign == "summer");
    CHECK(found.campaign_by == "utm");
    CHECK(found.button == "ig-call");
}

TEST_CASE("place: a journey without a campaign gets none by ref or dates") {
    Brand brand = sample_brand();
    add_campaign(brand, "spring", std::nullopt, {"ig-call"});
    brand.index();
    Journey journey;
    journey.button = "ig-call";
    Event event = event_of(Channel::call);
    event.ref = "spring";
    const Place found = place(brand, event, journey);
    CHECK(found.campaign.empty());
    CHECK(found.campaign_by.empty());
    CHECK(found.profile == "shop");
    CHECK(found.source == "instagram");
}

TEST_CASE("place: the campaign comes by utm, ref, button or dates, in this order") {
    struct Row {
        std::string_view what;
        std::string_view button;
        std::string_view utm;
        std::string_view ref;
        Time at;
        std::string_view campaign;
        std::string_view by;
    };
    const Row rows[] = {
        {"nothing", "ig-email", "", "", day(4, 1), "", ""},
        {"utm as given", "ig-email", "Mega-Deal", "", day(4, 1), "Mega-Deal", "utm"},
        {"utm spelled as declared", "ig-email", "SPRING", "", day(4, 1), "spring", "utm"},
        {"utm before ref", "ig-email", "spring", "evergreen", day(4, 1), "spring", "utm"},
        {"utm out of its dates", "ig-email", "spring", "", day(12, 1), "spring", "utm"},
        {"ref", "ig-email", "", "evergreen", day(4, 1), "evergreen", "ref"},
        {"ref in another case", "ig-email", "", "Evergreen", day(4, 1), "evergreen", "ref"},
        {"ref before the button's", "ig-text", "", "spring", day(4, 1), "spring", "ref"},
        {"named by the button, no dates", "ig-text", "", "", day(4, 1), "evergreen", "button"},
        {"named by the button, in its dates", "x-dm", "", "", day(4, 1), "spring", "button"},
        {"named by the button, first moment", "x-dm", "", "", day(3, 1), "spring", "button"},
        {"named by the button, too early", "x-dm", "", "", day(3, 1) - Milliseconds(1), "", ""},
        {"named by the button, too late", "x-dm", "", "", day(6, 1), "", ""},
        {"listed, before both", "ig-call", "", "", day(3, 31), "always", "button"},
        {"listed, first moment", "ig-call", "", "", day(4, 1), "april", "dates"},
        {"listed, the one that began last", "ig-call", "", "", day(4, 10), "easter", "dates"},
        {"listed, last moment", "ig-call", "", "", day(4, 13) - Milliseconds(1), "easter", "dates"},
        {"listed, first moment after", "ig-call", "", "", day(4, 13), "april", "dates"},
        {"listed, no end", "ig-call", "", "", day(12, 31), "april", "dates"},
        {"named but over, then listed", "x-dm-bio", "", "", day(7, 1), "summer", "dates"},
    };
    Brand brand = sample_brand();
    add_campaign(brand, "spring", day(3, 1), {}).until = day(6, 1);
    add_campaign(brand, "evergreen", std::nullopt, {});
    add_campaign(brand, "always", std::nullopt, {"ig-call"});
    add_campaign(brand, "april", day(4, 1), {"ig-call"});
    add_campaign(brand, "easter", day(4, 5), {"ig-call"}).until = day(4, 13);
    add_campaign(brand, "summer", day(6, 1), {"x-dm-bio"});
    brand.buttons["ig-text"].campaign = "evergreen";
    brand.buttons["x-dm"].campaign = "spring";
    brand.buttons["x-dm-bio"].campaign = "spring";
    brand.index();
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Event event = event_of(Channel::dm);
        event.button = row.button;
        event.ref = row.ref;
        event.occurred_at = row.at;
        event.attribution = {{"utm_campaign", std::string(row.utm)}};
        const Place found = place(brand, event, std::nullopt);
        CHECK(found.button == row.button);
        CHECK(found.campaign == row.campaign);
        CHECK(found.campaign_by == row.by);
    }
}

TEST_CASE("place: of two campaigns that began together the first by name wins") {
    Brand brand = sample_brand();
    for (const std::string name : {"b", "a", "c"}) {
        add_campaign(brand, name, day(3, 1), {"ig-dm"});
    }
    brand.index();
    Event event = event_of(Channel::dm);
    event.ref = "ig-dm";
    CHECK(place(brand, event, std::nullopt).campaign == "a");
}

TEST_CASE("place: without a button no campaign holds by its dates") {
    Brand brand = sample_brand();
    add_campaign(brand, "spring", day(3, 1), {});
    brand.index();
    Event event = event_of(Channel::dm);
    event.profile = "acme-x";
    CHECK(place(brand, event, std::nullopt).campaign.empty());
}

TEST_CASE("place: the region is that of the customer's number") {
    const Brand brand = indexed_brand();
    Event event = event_of(Channel::call);
    CHECK(place(brand, event, std::nullopt).region == "unknown");
    event.customer.phone = "+14045550199";
    CHECK(place(brand, event, std::nullopt).region == "US-GA");
    event.line = "+18005550100";
    event.customer.phone = "+4930123456";
    CHECK(place(brand, event, std::nullopt).region == "DE");
}

TEST_CASE("place: an empty brand knows nothing and harms nobody") {
    Brand brand;
    brand.index();
    Event event = event_of(Channel::email);
    event.ref = "x";
    event.line = "+18005550100";
    event.address = "a+b@acme.example";
    event.profile = "shop";
    event.account = "1";
    const Place found = place(brand, event, std::nullopt);
    CHECK(found.source == "unknown");
    CHECK(found.profile.empty());
    CHECK(found.button.empty());
    CHECK(found.attribution == Attribution::unknown);
}

}  // namespace
}  // namespace tapline
