#include <doctest/doctest.h>

#include "gateway/cli/send_report.h"
#include "gateway/cli/send_target.h"
#include "gateway/cli/tour.h"
#include "gateway/clock.h"

using namespace tapline;

namespace {

Config example() {
    auto loaded = load_config(disk_access(TAPLINE_SOURCE_DIR "/config/examples/acme"));
    REQUIRE(loaded.config.has_value());
    return *loaded.config;
}

SendOptions text(const std::string& provider, const std::string& to = "") {
    SendOptions options;
    options.provider = provider;
    options.text = "hello";
    options.to = to;
    return options;
}

// Where the event goes in the end, or why not.
std::string contacted(const Config& config, const SendOptions& options) {
    const auto target = find_target(config, options);
    if (!target) return target.error().message;
    const auto to = find_contacted(config, *target, options);
    return to ? *to : to.error().message;
}

std::string refusal(const SendOptions& options) {
    if (const auto usable = check_usage(options); !usable) return usable.error().message;
    const auto target = find_target(example(), options);
    return target ? "accepted" : target.error().message;
}

// The one event as the gateway would read it.
Event sent(const Config& config, const SendOptions& options) {
    const auto target = find_target(config, options);
    REQUIRE(target.has_value());
    const auto request = sign_event(config, *target, options, "");
    REQUIRE(request.has_value());
    const Placed placed = events_of(config, *target, *request);
    REQUIRE(placed.events.size() == 1);
    return placed.events.front().second;
}

const std::string kAccount = "17841400000000001";

}  // namespace

TEST_CASE("send: --to names buttons, lines and accounts that the connection serves") {
    const Config config = example();
    struct Row {
        SendOptions options;
        std::string to;
    };
    SendOptions call = text("twilio", "ig-call");
    call.text.clear();
    call.call = true;
    const Row rows[] = {
        {text("instagram"), kAccount},
        {text("instagram", "ig-dm"), kAccount},
        {text("instagram", kAccount), kAccount},
        {text("twilio"), "+18005550101"},
        {text("twilio", "ig-text"), "+18005550101"},
        {text("twilio", "+18005550100"), "+18005550100"},
        {call, "+18005550100"},
        {text("events", "ig-email"), "ig-email"},
        {text("events"), ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.options.to);
        CHECK(contacted(config, row.options) == row.to);
    }
}

TEST_CASE("send: --to that nobody serves is refused, with what there is") {
    const Config config = example();
    for (const char* to : {"ig-call", "x-dm", "ig-email", "ig-whatsapp", "12345", "nope"}) {
        CAPTURE(to);
        CHECK(contacted(config, text("instagram", to)) ==
              "--to: \"" + std::string(to) +
                  "\" is no account, line, address or button that connection instagram-main "
                  "serves; there is: ig-dm (" +
                  kAccount + ")");
    }
    for (const char* to : {"ig-dm", "8005550101", "+18005550109", "hello+ig@acme.example"}) {
        CAPTURE(to);
        CHECK(contacted(config, text("twilio", to))
                  .ends_with("serves; there is: ig-call (+18005550100) ig-text (+18005550101)"));
    }
    CHECK(contacted(config, text("events", "nope")) ==
          "--to: brand acme has no button \"nope\"; there is: ig-call ig-dm ig-email ig-text "
          "ig-whatsapp x-dm");
}

TEST_CASE("send: an event of the brand comes as the button's channel, or as it is told") {
    const Config config = example();
    CHECK(sent(config, text("events")).channel == Channel::text);
    CHECK(sent(config, text("events", "ig-call")).channel == Channel::call);
    CHECK(sent(config, text("events", "ig-email")).channel == Channel::email);
    SendOptions told = text("events", "ig-call");
    told.channel = "chat";
    CHECK(sent(config, told).channel == Channel::chat);
    CHECK(sent(config, told).button == "ig-call");
}

TEST_CASE("send: options that would be passed over are refused") {
    struct Row {
        std::string message;
        SendOptions options;
    };
    std::vector<Row> rows;
    const auto row = [&](const std::string& message, SendOptions options, auto change) {
        change(options);
        rows.push_back({message, options});
    };
    row("accepted", text("twilio"), [](SendOptions&) {});
    row("say what to send: --text, --call or --file", text("twilio"),
        [](SendOptions& o) { o.text.clear(); });
    row("--text, --call and --file exclude each other", text("twilio"),
        [](SendOptions& o) { o.call = true; });
    row("--text, --call and --file exclude each other", text("events"),
        [](SendOptions& o) { o.file = "-"; });
    for (const char* provider : {"instagram", "events"}) {
        row(std::string("--call is for telephony; ") + provider + " has no calls" +
                (provider == std::string("events") ? ", but --channel call" : ""),
            text(provider), [](SendOptions& o) {
                o.text.clear();
                o.call = true;
            });
    }
    row("--file is sent as it is, so --to cannot be added", text("events", "ig-dm"),
        [](SendOptions& o) {
            o.text.clear();
            o.file = "-";
        });
    row("--brand is for events; elsewhere --connection and --to say it", text("instagram"),
        [](SendOptions& o) { o.brand = "acme"; });
    row("--connection is not for events; they go to a brand: --brand", text("events"),
        [](SendOptions& o) { o.connection = "acme-tel"; });
    row("--channel is for events", text("twilio"), [](SendOptions& o) { o.channel = "call"; });
    row("--channel is call, text, email, dm, chat or post", text("events"),
        [](SendOptions& o) { o.channel = "fax"; });
    row("--content-type is for events that come with --file", text("events"),
        [](SendOptions& o) { o.content_type = "application/json"; });
    row("--text has bytes in it that are not UTF-8", text("instagram"), [](SendOptions& o) {
        o.text =
            "gr\xfc\xdf"
            "e";
    });
    row("--ref has bytes in it that are not UTF-8", text("instagram"),
        [](SendOptions& o) { o.ref = "\xff"; });
    row("no brand \"nope\"; there is: acme", text("events"),
        [](SendOptions& o) { o.brand = "nope"; });
    row("the config has no connection of provider twilio named nope", text("twilio"),
        [](SendOptions& o) { o.connection = "nope"; });
    CHECK(refusal(text("nobody")).starts_with("no provider \"nobody\"; there is: "));
    for (const auto& [message, options] : rows) {
        CAPTURE(message);
        CHECK(refusal(options) == message);
    }
}

TEST_CASE("send: the verdicts of the answer are told in order, with line and id") {
    const std::string sent =
        "{\"id\":\"z1\"}\n\n  \n{\"id\":\"z2\"}\n{\"id\":\"z1\"}\nnonsense\n{\"id\":\"z1\"}";
    HttpAnswer answer;
    answer.status = 207;
    answer.body =
        R"({"id":"z1","status":"accepted","tracking_number":"7K3-M9Q-2X4","route":"leaving",)"
        R"("queue":"care","due_at":1773059425000})"
        "\n"
        R"({"id":"z2","status":"accepted","tracking_number":"CX4-ZYZ-D3W","route":"default",)"
        R"("queue":"care","due_at":null,"note":"the brand has no button \"x\""})"
        "\n"
        R"({"id":"z1","status":"conflict","error":"another body"})"
        "\n"
        R"({"id":"","status":"invalid","error":"JSON: odd"})"
        "\n"
        R"({"id":"z1","status":"seen","tracking_number":"7K3-M9Q-2X4","route":"leaving",)"
        R"("queue":"care","due_at":null})"
        "\n";
    const auto told = verdict_lines(answer, sent, "UTC", from_ms(1773059425000));
    REQUIRE(told.has_value());
    CHECK_FALSE(told->all_safe);
    CHECK(told->lines ==
          std::vector<std::string>{
              "line 1 · accepted · id z1 · 7K3-M9Q-2X4 · route leaving · queue care · due 12:30",
              "line 4 · accepted · id z2 · CX4-ZYZ-D3W · route default · queue care · due none · "
              "note: the brand has no button \"x\"",
              "line 5 · conflict · id z1 · another body", "line 6 · invalid · JSON: odd",
              "line 7 · seen before · id z1 · 7K3-M9Q-2X4 · route leaving · queue care · due "
              "none"});
}

TEST_CASE("send: one event has one line, a batch counts its items, a refusal is an error") {
    HttpAnswer answer;
    answer.status = 202;
    answer.durability = "redis";
    const std::string verdict =
        R"({"id":"a","status":"accepted","tracking_number":"7K3-M9Q-2X4","route":"r",)"
        R"("queue":"q","due_at":1773059425000})";
    answer.body = verdict + "\n";
    const Time tomorrow = from_ms(1773059425000) + std::chrono::hours(24);
    auto told = verdict_lines(answer, "{}", "America/New_York", tomorrow);
    REQUIRE(told.has_value());
    CHECK(told->all_safe);
    CHECK(told->lines == std::vector<std::string>{"accepted · 7K3-M9Q-2X4 · route r · queue q · "
                                                  "due 2026-03-09 08:30 · redis"});
    answer.body = "[" + verdict + ",{\"status\":\"unavailable\",\"error\":\"send it again\"}]";
    told = verdict_lines(answer, "[]", "UTC", tomorrow);
    REQUIRE(told.has_value());
    CHECK_FALSE(told->all_safe);
    CHECK(told->lines.back() == "item 2 · unavailable · send it again");

    answer.status = 409;
    answer.body = R"({"title":"Another event","status":409,"detail":"used before"})";
    told = verdict_lines(answer, "{}", "UTC", tomorrow);
    REQUIRE_FALSE(told.has_value());
    CHECK(told.error().message == "refused with 409: used before");
    answer.body = "<html>";
    CHECK_FALSE(verdict_lines(answer, "{}", "UTC", tomorrow).has_value());
    answer.body = "";
    CHECK_FALSE(verdict_lines(answer, "{}", "UTC", tomorrow).has_value());
}

TEST_CASE("tour: the example's commands are those of the README") {
    CHECK(tour(example(), "tapline") ==
          std::vector<std::string>{"tapline send instagram --text 'Is this in blue?'",
                                   "tapline tail sales", "tapline track NUMBER"});
}

TEST_CASE("tour: only what the config can answer is proposed") {
    Config config = example();
    config.connections.erase("instagram-main");
    std::erase_if(config.connections,
                  [](const auto& one) { return one.second.provider == "mailgun"; });
    CHECK(tour(config, "tapline").front() == "tapline send twilio --text 'Is this in blue?'");
    config.connections.clear();
    CHECK(tour(config, "tapline").front() ==
          "tapline send events --text 'Is this in blue?' --to ig-call");
    auto other = std::make_shared<Brand>(*config.brands.at("acme"));
    other->name = "other";
    config.brands["other"] = other;
    CHECK(tour(config, "tapline").at(0) ==
          "tapline send events --text 'Is this in blue?' --to ig-call --brand acme");
    CHECK(tour(config, "tapline").at(1) == "tapline tail sales --brand acme");
    auto silent = std::make_shared<Brand>(*config.brands.at("acme"));
    silent->signing_secrets.clear();
    silent->api_keys.clear();
    config.brands = {{"acme", silent}};
    CHECK(tour(config, "tapline") == std::vector<std::string>{"tapline doctor"});
}
