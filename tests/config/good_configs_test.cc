#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <doctest/doctest.h>
#include <unistd.h>

#include "adapters/link.h"
#include "config/load.h"
#include "config/yaml.h"
#include "routes/evaluate.h"
#include "tests/config/support.h"

using namespace tapline;
using test::Files;

namespace {

const std::vector<std::string> kProviders = {"events", "instagram", "twilio"};

const Brand& acme(const LoadResult& result) {
    CAPTURE(test::messages(result));
    REQUIRE(result.config.has_value());
    return *result.config->brands.at("acme");
}

LoadResult load_example() {
    return load_config(disk_access(TAPLINE_SOURCE_DIR "/config/examples/acme"));
}

LoadResult load_with(const std::string& path, const std::string& text) {
    Files files = test::good_files();
    files[path] = text;
    return test::load(files);
}

}  // namespace

TEST_CASE("example: loads without a mistake or warning") {
    const LoadResult result = load_example();
    CHECK(test::messages(result) == "");
    const Brand& brand = acme(result);
    CHECK(brand.timezone == "America/New_York");
    CHECK(brand.profiles.at("shop").account == "17841400000000001");
    CHECK(brand.buttons.size() == 6);
    CHECK(brand.signing_secrets.at(0).value.starts_with("whsec_"));
    CHECK(brand.api_keys.at(0).scopes ==
          std::vector<std::string>{"events:write", "outcomes:write", "journeys:read"});
    const Config& config = *result.config;
    CHECK(config.public_url == "http://127.0.0.1:8080");
    CHECK(config.redis.embedded);
    CHECK(config.data_dir == TAPLINE_SOURCE_DIR "/config/examples/acme/data");
    CHECK(config.tracking_key == TAPLINE_SOURCE_DIR "/config/examples/acme/keys/tracking");
    CHECK(config.connections.at("acme-tel").brand == "acme");
    CHECK(config.connections.at("instagram-main").verify_token.size() == 24);
}

TEST_CASE("example: every button has a contact link that leads somewhere") {
    const LoadResult result = load_example();
    for (const auto& [name, button] : acme(result).buttons) {
        CAPTURE(name);
        CHECK_FALSE(link_target(acme(result), button, std::nullopt).empty());
    }
    CHECK(link_target(acme(result), acme(result).buttons.at("x-dm"), std::nullopt)
              .starts_with("https://x.com/messages/compose?recipient_id=2244994945&"));
}

TEST_CASE("admin: local addresses and TLS are not warned of, the network's are") {
    const std::string head =
        "config: 1\npublic_url: http://127.0.0.1:8080\nconnections:\n"
        "  acme-tel: {provider: twilio, secrets: [\"${env:TWILIO}\"], brand: acme}\nadmin: ";
    const std::pair<const char*, bool> rows[] = {
        {"127.0.0.1:8081", false},
        {"127.0.0.5:8081", false},
        {"\"[::1]:8081\"", false},
        {"unix:/run/tapline/admin.sock", false},
        {"{address: \"0.0.0.0:8081\", certificate: tls/a.pem, key: tls/a.key}", false},
        {"10.1.2.3:8081", true},
        {"\"[::]:8081\"", true}};
    for (const auto& [admin, warned] : rows) {
        CAPTURE(admin);
        const LoadResult result = load_with("tapline.yaml", head + admin + "\n");
        CHECK(result.config.has_value());
        const std::string told = test::messages(result);
        CHECK((told.find("without TLS") != std::string::npos) == warned);
        if (!warned) CHECK(told == "");
    }
}

TEST_CASE("secrets: a link that leads out of the config directory is not followed for a brand") {
    namespace fs = std::filesystem;
    const fs::path root = fs::temp_directory_path() / ("tapline-links-" + std::to_string(getpid()));
    const auto write = [](const fs::path& path, const std::string& text) {
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
    };
    const std::string key = "6fd3c1f0a5e24b7d9c8b7a6f5e4d3c2b\n";
    write(root / "outside" / "key", key);
    write(root / "c" / "secrets" / "v1" / "key", key);
    write(root / "c" / "tapline.yaml", test::good_files().at("tapline.yaml"));
    fs::create_symlink("v1/key", root / "c" / "secrets" / "near");
    fs::create_symlink("../../outside/key", root / "c" / "secrets" / "far");
    fs::create_directory_symlink("../outside", root / "c" / "folder");
    fs::create_symlink(root / "outside" / "key", root / "c" / "secrets" / "key");
    setenv("TWILIO", "0a1b2c3d4e5f60718293a4b5c6d7e8f9", 1);
    setenv("INSTAGRAM", "f9e8d7c6b5a4938271605f4e3d2c1b0a", 1);
    const std::pair<const char*, bool> rows[] = {{"secrets/v1/key", true},
                                                 {"secrets/near", true},
                                                 {"secrets/far", false},
                                                 {"folder/key", false}};
    for (const auto& [path, accepted] : rows) {
        CAPTURE(path);
        write(root / "c" / "brands" / "acme.yaml",
              test::good_files().at("brands/acme.yaml") +
                  "keys: {api_keys: [{name: app, value: \"file:" + path +
                  "\", scopes: [events:write]}]}\n");
        const LoadResult result = load_config(disk_access((root / "c").string()), kProviders);
        // tapline.yaml may name any file: its own verify token is a link outside.
        const std::string told =
            accepted ? ""
                     : "brands/acme.yaml:6:38: the file \"" + std::string(path) +
                           "\" links to a file outside the config directory; a brand's files may "
                           "name only files below it\n";
        CHECK(test::messages(result) == told);
    }
    fs::remove_all(root);
}

TEST_CASE("example: routes as its README says") {
    const LoadResult result = load_example();
    const Brand& brand = acme(result);
    struct Row {
        Channel channel;
        const char* account;
        const char* line;
        const char* text;
        const char* route;
        const char* queue;
        int seconds;
    };
    const char* shop = "17841400000000001";
    const Row rows[] = {
        {Channel::dm, shop, "", "Is this in blue?", "shoppers", "sales", 300},
        {Channel::dm, shop, "", "I am cancelling", "leaving", "retention", 600},
        {Channel::call, "", "+18005550100", "", "shoppers", "sales", 20},
        {Channel::text, "", "+18005550101", "please cancel my plan", "leaving", "retention", 600},
        {Channel::text, "", "+18005550101", "Is this in blue?", "shoppers", "sales", 300},
        {Channel::call, "", "+18005550199", "", "default", "care", 30},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CAPTURE(row.line);
        Event event;
        event.brand = "acme";
        event.channel = row.channel;
        event.connection = *row.account != '\0' ? "instagram-main" : "acme-tel";
        event.account = row.account;
        event.line = row.line;
        event.text = row.text;
        const Decision decision =
            evaluate(brand, {event, place(brand, event, std::nullopt), CustomerFacts{}},
                     Situation{}, Time{});
        CHECK(decision.route == row.route);
        CHECK(decision.queue == row.queue);
        CHECK(decision.respond_within == std::chrono::seconds(row.seconds));
    }
}

TEST_CASE("config: has the documented defaults") {
    Files files = test::good_files();
    files["tapline.yaml"] = "config: 1\n";
    const LoadResult result = test::load(files);
    CHECK(test::messages(result) == "");
    REQUIRE(result.config.has_value());
    const Config& config = *result.config;
    REQUIRE(config.listen.size() == 1);
    CHECK(config.listen[0].address == "127.0.0.1:8080");
    CHECK(config.admin.address == "127.0.0.1:8081");
    CHECK(config.redis.embedded);
    CHECK(config.data_dir == "etc/data");
    CHECK(config.tracking_key == "etc/keys/tracking");
    CHECK(config.privacy_key == "etc/keys/privacy");
    CHECK(config.limits.hook_body_bytes == 4u << 20);
    CHECK(config.brands.at("acme")->timezone == "UTC");
}

TEST_CASE("config: reads every key of tapline.yaml") {
    Files files = test::good_files();
    files["secrets/redis-url"] = "rediss://gateway:6fd3c1f0a5@redis.acme.example/0\n";
    files["tapline.yaml"] = R"(config: 1
public_url: https://hooks.acme.example
listen:
  - {address: "0.0.0.0:443", certificate: tls/chain.pem, key: /etc/tls/key.pem}
  - unix:/run/tapline/http.sock
admin: {address: "127.0.0.1:9000"}
trusted_proxies: [10.0.0.0/8]
limits: {requests_in_flight: 100, buffered_body_bytes: 64MiB, connections: 1000,
         hook_body_bytes: 1MiB, events_body_bytes: 2MiB, quarantine_entries: 50,
         quarantine_bytes: 3MiB}
redis: {url: file:secrets/redis-url, waive: [persistence, clock]}
data_dir: /var/lib/tapline
keys: {tracking: file:/etc/tapline/tracking, privacy: file:keys/own}
connections:
  tel: {provider: twilio, secrets: [file:secrets/key, "${env:TWILIO}"], account: AC0123, brand: acme}
)";
    const LoadResult result = test::load(files);
    CHECK(test::messages(result) == "");
    REQUIRE(result.config.has_value());
    const Config& config = *result.config;
    CHECK(config.listen.at(0).certificate == "etc/tls/chain.pem");
    CHECK(config.listen.at(0).key == "/etc/tls/key.pem");
    CHECK(config.listen.at(1).address == "unix:/run/tapline/http.sock");
    CHECK(config.admin.address == "127.0.0.1:9000");
    CHECK(config.trusted_proxies == std::vector<std::string>{"10.0.0.0/8"});
    CHECK(config.limits.requests_in_flight == 100);
    CHECK(config.limits.buffered_body_bytes == 64u << 20);
    CHECK(config.limits.connections == 1'000);
    CHECK(config.limits.hook_body_bytes == 1u << 20);
    CHECK(config.limits.events_body_bytes == 2u << 20);
    CHECK(config.limits.quarantine_entries == 50);
    CHECK(config.limits.quarantine_bytes == 3u << 20);
    CHECK_FALSE(config.redis.embedded);
    CHECK(config.redis.url == "rediss://gateway:6fd3c1f0a5@redis.acme.example/0");
    CHECK(config.redis.waive == std::vector<std::string>{"persistence", "clock"});
    CHECK(config.data_dir == "/var/lib/tapline");
    CHECK(config.tracking_key == "/etc/tapline/tracking");
    CHECK(config.privacy_key == "etc/keys/own");
    const Connection& tel = config.connections.at("tel");
    CHECK(tel.secrets == std::vector<std::string>{"6fd3c1f0a5e24b7d9c8b7a6f5e4d3c2b",
                                                  "0a1b2c3d4e5f60718293a4b5c6d7e8f9"});
    CHECK(tel.account == "AC0123");
}

TEST_CASE("config: reads every key of a brand") {
    const LoadResult result = load_with("brands/acme.yaml", R"(config: 1
brand: acme
owner: ops@acme.example
display_name: Åcme Shoes & Sons
timezone: America/New_York
currency: NOK
sources: [kiosk]
profiles:
  bird: {source: twitter, handle: acme}
  stand: {source: kiosk}
campaigns: {spring: {from: 2026-03-01, until: 2026-03-01, buttons: [talk]}, no: {}}
buttons:
  talk: {profile: bird, channel: dm, campaign: no, prefill: "Hi: {x}"}
  mail: {profile: stand, channel: email, address: Hello@acme.example}
queues:
  care:
    respond_within: {default: 1h30m, call: 20s}
    dial: {to: "sip:care@pbx.acme.example", caller_id: "+14045550100"}
    reply: "Hello, {tracking_number} of {brand}"
  calls:
    respond_within: {missed_call: 15m, default: 1h}
    dial:
      to: ["+14045550110", "sip:care@pbx.acme.example"]
      order: at_once
      ring: 45s
      whisper: "{source} call, {campaign}"
      no_answer: {say: "{brand} is busy.", then: voicemail}
      record: {consent: "We record this call."}
    hours: store
    closed: {call: {say: "{brand} opens at {opens_at}.", then: voicemail}}
  empty:
hours:
  store: {mon-fri: ["13:00-20:00", "08:00-12:00"], sat-sun: "22:00-02:00"}
  berlin: {zone: Europe/Berlin, every day: "00:00-24:00"}
routes:
  - name: one
    when: {source: twitter, channel: post, campaign: spring, region: [US-GA, unknown], text: no,
           attribution: {UTM_Source: [Instagram, ig], gclid: "*"}}
    to: empty
    respond_within: 2d
  - {name: default, to: care}
)");
    const Brand& brand = acme(result);
    CHECK(test::messages(result).find("error") == std::string::npos);
    CHECK(brand.display_name == "Åcme Shoes & Sons");
    CHECK(brand.shown_name() == brand.display_name);
    CHECK(brand.currency == "NOK");
    CHECK(brand.profiles.at("bird").source == "x");
    CHECK(brand.profiles.at("stand").source == "kiosk");
    const Campaign& spring = brand.campaigns.at("spring");
    CHECK(*spring.until - *spring.from == std::chrono::hours(24));
    CHECK(spring.buttons == std::vector<std::string>{"talk"});
    CHECK(brand.buttons.at("talk").campaign == "no");
    CHECK(brand.buttons.at("talk").prefill == "Hi: {x}");
    const Queue& care = brand.queues.at("care");
    CHECK(care.respond_within == std::chrono::minutes(90));
    CHECK(care.respond_within_by_channel.at(0) == std::chrono::seconds(20));
    CHECK_FALSE(care.respond_within_by_channel.at(1).has_value());
    CHECK(care.dial.to == std::vector<std::string>{"sip:care@pbx.acme.example"});
    CHECK(care.dial.caller_id == "+14045550100");
    CHECK(care.dial.order == Dial::Order::in_turn);
    CHECK(care.dial.ring == std::chrono::seconds(20));
    CHECK_FALSE(care.dial.voicemail);
    CHECK(care.dial.consent.empty());
    CHECK(care.reply == "Hello, {tracking_number} of {brand}");
    const Queue& calls = brand.queues.at("calls");
    CHECK(calls.respond_within_missed_call == std::chrono::minutes(15));
    CHECK(calls.dial.order == Dial::Order::at_once);
    CHECK(calls.dial.ring == std::chrono::seconds(45));
    CHECK(calls.dial.whisper == "{source} call, {campaign}");
    CHECK(calls.dial.say == "{brand} is busy.");
    CHECK(calls.dial.voicemail);
    CHECK(calls.dial.consent == "We record this call.");
    CHECK(calls.hours == "store");
    CHECK(calls.closed.call->say == "{brand} opens at {opens_at}.");
    CHECK((calls.closed.call->then == ClosedCall::Then::voicemail));
    const Hours& store = brand.hours.at("store");
    // Monday, 2026-03-09, in New York.
    const auto monday = std::chrono::sys_days(std::chrono::March / 9 / 2026);
    CHECK(opens_at(store, monday + std::chrono::hours(11)) == "08:00");
    CHECK(is_open(store, monday + std::chrono::hours(12)));
    CHECK(opens_at(store, monday + std::chrono::hours(16)) == "13:00");
    CHECK(is_open(store, monday + std::chrono::hours(5)));  // Sunday night, 01:00
    CHECK_FALSE(is_open(store, monday + std::chrono::hours(6)));
    CHECK(brand.hours.at("berlin").zone.size() > 100);
    CHECK(is_open(brand.hours.at("berlin"), monday));
    const Route& one = brand.routes.at(0);
    CHECK(one.when.source == std::vector<std::string>{"x"});
    CHECK(one.when.channel == std::vector<Channel>{Channel::post});
    CHECK(one.when.region == std::vector<std::string>{"US-GA", "unknown"});
    CHECK(one.when.text.at(0).written() == "no");
    REQUIRE(one.when.attribution.size() == 2);
    CHECK(one.when.attribution[0].field == "utm_source");
    CHECK(one.when.attribution[0].values == std::vector<std::string>{"Instagram", "ig"});
    CHECK(one.when.attribution[1].values == std::vector<std::string>{"*"});
    CHECK(one.respond_within == std::chrono::hours(48));
    CHECK(brand.button_by_address.contains("hello@acme.example"));
}

TEST_CASE("config: reads every key of a form's connection, and its profile needs no account") {
    Files files = test::good_files();
    files["tapline.yaml"] = R"(config: 1
connections:
  site:
    provider: web
    unsigned: accept
    because: "browsers keep no secret"
    origins: [https://www.acme.example, "http://127.0.0.1:8000"]
    thanks: https://www.acme.example/thanks
    honeypot: website
    fields: {name: who, email: mail, phone: tel, message: question, subject: topic}
    per_minute: {client: 3, all: 50}
  talk: {provider: chat, secrets: ["${env:TWILIO}"]}
)";
    files["brands/acme.yaml"] = R"(config: 1
brand: acme
owner: ops@acme.example
profiles: {form: {source: web, connection: site}, help: {source: web, connection: talk}}
buttons: {contact: {profile: form, channel: email}, ask: {profile: help, channel: chat}}
queues: {care: {}}
routes: [{name: default, to: care}]
)";
    const LoadResult result = test::load(files);
    CHECK(test::messages(result) == "");
    const Connection& site = result.config->connections.at("site");
    CHECK(site.accepts_unsigned);
    CHECK(site.unsigned_because == "browsers keep no secret");
    const WebForm& form = site.form;
    CHECK(form.origins ==
          std::vector<std::string>{"https://www.acme.example", "http://127.0.0.1:8000"});
    CHECK(form.thanks == "https://www.acme.example/thanks");
    CHECK(form.honeypot == "website");
    CHECK(std::vector<std::string>{form.name, form.email, form.phone, form.message, form.subject} ==
          std::vector<std::string>{"who", "mail", "tel", "question", "topic"});
    CHECK(form.client_per_minute == 3);
    CHECK(form.all_per_minute == 50);
    CHECK(acme(result).profile_by_account.at("site\n") == "form");
}

TEST_CASE("config: merges the files of a brand's folder in the order of their names") {
    Files files = test::good_files();
    files.erase("brands/acme.yaml");
    files["brands/acme/10-acme.yaml"] =
        "config: 1\nbrand: acme\nowner: a@b\nqueues: {care: {}}\n"
        "routes: [{name: a, when: {channel: dm}, to: care}]\n";
    files["brands/acme/20-more.yaml"] =
        "queues: {chat: {}}\n"
        "routes: [{name: b, when: {channel: chat}, to: chat}]\n";
    files["brands/acme/30-last.yaml"] = "routes: [{name: default, to: care}]\n";
    files["brands/acme/.hidden.yaml"] = "[";
    files["brands/acme/notes.txt"] = "[";
    files["brands/README.md"] = "[";
    const LoadResult result = test::load(files);
    CHECK(test::messages(result) == "");
    const Brand& brand = acme(result);
    CHECK(brand.queues.size() == 2);
    REQUIRE(brand.routes.size() == 3);
    CHECK(brand.routes[0].name == "a");
    CHECK(brand.routes[1].name == "b");
    CHECK(brand.routes[2].name == "default");
}

TEST_CASE("config: the version of a brand follows its files and connections, not its secrets") {
    const auto version = [](const Files& files) { return acme(test::load(files)).config_version; };
    const Files files = test::good_files();
    const std::string first = version(files);
    CHECK(first.size() == 12);
    CHECK(first.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(version(files) == first);

    Files comment = files;
    comment["brands/acme.yaml"] += "# more\n";
    CHECK(version(comment) != first);

    Files secret = files;
    secret["secrets/key"] = "another-value-of-the-token";
    CHECK(version(secret) == first);

    Files pinned = files;
    std::string& gateway = pinned["tapline.yaml"];
    gateway.replace(gateway.find("provider: twilio"), 16, "account: AC1, provider: twilio");
    CHECK(version(pinned) != first);
}

TEST_CASE("secrets: what tells to put one in is none") {
    const std::pair<const char*, bool> rows[] = {
        {"your-auth-token-here", false},
        {"REPLACE_ME_PLEASE_123", false},
        {"<token>", false},
        {"example-secret", false},
        {"put your API key here", false},
        {"change this", false},
        {"9f2c4be01d7a3358", true},
        {"sk-live-your9f2c4be0", true},
        {"correct horse battery", true},
        {"app-secret", true},
        {"meadow-key-7f31", true},
    };
    for (const auto& [value, is_good] : rows) {
        CAPTURE(value);
        Files files = test::good_files();
        files["secrets/twilio"] = value;
        files["tapline.yaml"] =
            "config: 1\npublic_url: https://hooks.acme.example\nconnections:\n"
            "  acme-tel: {provider: twilio, secrets: file:secrets/twilio, brand: acme}\n"
            "  instagram-main: {provider: instagram, secrets: file:secrets/twilio2, "
            "verify_token: file:secrets/token}\n";
        files["secrets/twilio2"] = "0b1c2d3e4f506172";
        files["secrets/token"] = "8a9b0c1d2e3f4051";
        const bool told =
            test::messages(test::load(files)).find("holds a placeholder") != std::string::npos;
        CHECK(told != is_good);
    }
}

TEST_CASE("config: secrets lose one final newline and nothing else") {
    struct Row {
        const char* file;
        const char* value;
    };
    const Row rows[] = {{"0a1b2c3d", "0a1b2c3d"},
                        {"0a1b2c3d\n", "0a1b2c3d"},
                        {"0a1b2c3d\r\n", "0a1b2c3d"},
                        {"0a 1b\xC3\xA9", "0a 1b\xC3\xA9"}};
    for (const Row& row : rows) {
        CAPTURE(row.file);
        const LoadResult result = load_with("secrets/key", row.file);
        REQUIRE(result.config.has_value());
        CHECK(result.config->connections.at("instagram-main").verify_token == row.value);
    }
}

TEST_CASE("config: no message holds a secret") {
    const std::string canary = "c4n4ry9f8e7d6c5b";
    const std::string texts[] = {
        "config: 1\nconnections: {a: {provider: twilio, secrets: [C]}}\n",
        "config: 1\nconnections: {a: {provider: twilio, secrets: C, verify_token: C}}\n",
        "config: 1\nconnections: {a: {provider: twilio, secrets: {x: C}}}\n",
        "config: 1\nconnections: {a: {secrets: [\"${env:C\"]}}\n",
        "config: 1\nconnections: {a: {secrets: [\"C]}}\n",
        "config: 1\nconnections: {a: {secrets: [C: d]: e}\n",
        "config: 1\nredis: redis://u:C@h\n",
        "config: 1\nredis: {url: C}\n",
        "config: 1\nredis: C\n",
        "config: 1\npublic_url: https://u:C@h\n",
        "config: 1\nkeys: {tracking: C}\n",
    };
    for (std::string text : texts) {
        text.replace(text.find('C'), 1, canary);
        CAPTURE(text);
        const LoadResult result = load_with("tapline.yaml", text);
        CHECK_FALSE(result.config.has_value());
        CHECK(test::messages(result).find(canary) == std::string::npos);
    }
}

TEST_CASE("init: writes a config that passes the check, alone and beside another") {
    const RandomBytes random = [](std::size_t bytes) { return std::string(bytes, '\x5a'); };
    for (const std::string brand : {"globex", "7-eleven-2", "null"}) {
        CAPTURE(brand);
        const auto made = init_files(brand, random);
        REQUIRE(made.has_value());
        Files alone;
        Files beside = test::good_files();
        for (const InitFile& file : *made) {
            alone[file.path] = file.text;
            if (file.path != "tapline.yaml") beside[file.path] = file.text;
            CHECK(file.is_secret == file.path.starts_with("secrets/"));
        }
        CHECK(test::messages(test::load(alone)) == "");
        const LoadResult both = test::load(beside);
        CHECK(test::messages(both) == "");
        REQUIRE(both.config.has_value());
        CHECK(both.config->brands.size() == 2);
    }
    for (const char* bad : {"", "Acme", "-a", "a/b", "../a", "acme_1"}) {
        CAPTURE(bad);
        const auto made = init_files(bad, random);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == ErrorCode::bad_request);
    }
}
