// Brands with mistakes stay at their last good version, and the others load.
#include "config/last_good.h"

#include <doctest/doctest.h>

#include "tests/config/support.h"

namespace tapline {
namespace {

using test::Files;

const std::vector<std::string> kProviders = {"events", "instagram", "twilio"};

std::string brand_file(const std::string& brand, const std::string& queue,
                       const std::string& more = "") {
    return "config: 1\nbrand: " + brand + "\nowner: ops@acme.example\nqueues: {" + queue +
           ": {}}\nroutes: [{name: default, to: " + queue + "}]\n" + more;
}

std::string shop(const std::string& account) {
    return "profiles: {shop: {source: instagram, connection: common, account: \"" + account +
           "\"}}\n";
}

Files two_brands() {
    return {{"tapline.yaml",
             "config: 1\npublic_url: https://hooks.acme.example\nconnections:\n"
             "  common: {provider: instagram, secrets: [\"${env:INSTAGRAM}\"], "
             "verify_token: file:secrets/key}\n"},
            {"secrets/key", "6fd3c1f0a5e24b7d9c8b7a6f5e4d3c2b\n"},
            {"brands/acme.yaml", brand_file("acme", "care", shop("1"))},
            {"brands/bmart.yaml", brand_file("bmart", "help", shop("2"))}};
}

struct Versions {
    Files files = two_brands();
    LastGood kept;
    SteadyOptions options;

    SteadyLoad load() {
        options.last_good = [this](const std::string&) { return kept; };
        SteadyLoad loaded =
            load_steadily(test::memory_access(files, test::good_variables()), options, kProviders);
        if (loaded.config) kept = loaded.good;
        return loaded;
    }
    std::string told(const SteadyLoad& loaded) const {
        std::string text;
        for (const Mistake& mistake : loaded.mistakes) text += to_string(mistake) + "\n";
        return text;
    }
};

TEST_CASE("last good: without mistakes everything is as it stands, and is kept") {
    Versions versions;
    const SteadyLoad loaded = versions.load();
    CHECK(versions.told(loaded) == "");
    REQUIRE(loaded.config);
    CHECK(loaded.faults.empty());
    CHECK(loaded.good.at("acme").files.at("brands/acme.yaml") ==
          versions.files.at("brands/acme.yaml"));
    CHECK(loaded.good.size() == 2);
}

TEST_CASE("last good: a brand with a mistake keeps its version, the others load") {
    Versions versions;
    const SteadyLoad first = versions.load();
    versions.files["brands/acme.yaml"] =
        "config: 1\nbrand: acme\nowner: ops@acme.example\nqueues: {care: {}}\n"
        "routes: [{name: default, to: caer}]\n";
    versions.files["brands/bmart.yaml"] = brand_file("bmart", "sales", shop("2"));
    const SteadyLoad second = versions.load();
    CHECK(versions.told(second) ==
          "brands/acme.yaml:5:30: queue \"caer\" does not exist; did you mean \"care\"?\n");
    REQUIRE(second.config);
    CHECK(second.config->brands.at("acme")->config_version ==
          first.config->brands.at("acme")->config_version);
    CHECK(second.config->brands.at("bmart")->queues.contains("sales"));
    REQUIRE(second.faults.size() == 1);
    CHECK(second.faults.at("acme").is_kept);
    CHECK(second.faults.at("acme").mistakes.size() == 1);
    CHECK(second.good.at("acme").files == first.good.at("acme").files);
}

TEST_CASE("last good: a brand in parts is put back whole") {
    Versions versions;
    const std::string whole = versions.files.at("brands/acme.yaml");
    versions.files.erase("brands/acme.yaml");
    versions.files["brands/acme/1.yaml"] = whole;
    versions.files["brands/acme/2.yaml"] = "display_name: Acme\n";
    REQUIRE(versions.load().config);
    versions.files["brands/acme/2.yaml"] = "display_nam: Acme\n";
    versions.files["brands/acme/3.yaml"] = "timezone: Europe/Oslo\n";
    const SteadyLoad loaded = versions.load();
    REQUIRE(loaded.config);
    CHECK(loaded.config->brands.at("acme")->display_name == "Acme");
    CHECK(loaded.config->brands.at("acme")->timezone == "UTC");
    CHECK(loaded.faults.contains("acme"));
}

TEST_CASE("last good: a new brand with a mistake is left out of a reload and stops a start") {
    Versions versions;
    REQUIRE(versions.load().config);
    versions.files["brands/cstore.yaml"] = "config: 1\n";
    CHECK_FALSE(versions.load().config);
    versions.options.leaves_out_new = true;
    const SteadyLoad loaded = versions.load();
    REQUIRE(loaded.config);
    CHECK_FALSE(loaded.config->brands.contains("cstore"));
    CHECK_FALSE(loaded.faults.at("cstore").is_kept);
    CHECK(loaded.config->brands.size() == 2);
}

TEST_CASE("last good: of two brands that claim one account the changed one is put back") {
    const std::pair<const char*, const char*> rows[] = {{"acme", "2"}, {"bmart", "1"}};
    for (const auto& [changed, account] : rows) {
        CAPTURE(changed);
        Versions versions;
        REQUIRE(versions.load().config);
        const std::string name = changed;
        versions.files["brands/" + name + ".yaml"] = brand_file(name, "more", shop(account));
        const SteadyLoad loaded = versions.load();
        REQUIRE(loaded.config);
        REQUIRE(loaded.faults.size() == 1);
        CHECK(loaded.faults.contains(name));
        CHECK_FALSE(loaded.config->brands.at(name)->queues.contains("more"));
        CHECK(loaded.faults.at(name).mistakes.at(0).message.find("belongs to") !=
              std::string::npos);
    }
}

TEST_CASE("last good: a mistake in tapline.yaml leaves no config, whatever was kept") {
    Versions versions;
    REQUIRE(versions.load().config);
    versions.files["tapline.yaml"] += "listen: nowhere\n";
    const SteadyLoad loaded = versions.load();
    CHECK_FALSE(loaded.config);
    CHECK(loaded.faults.empty());
    CHECK(versions.told(loaded).starts_with("tapline.yaml:"));
}

TEST_CASE("last good: a brand whose tests fail is put back, an unchanged one is not tested") {
    Versions versions;
    REQUIRE(versions.load().config);
    std::vector<std::string> tested;
    versions.options.tests = [&](const Config& one) {
        REQUIRE(one.brands.size() == 1);
        tested.push_back(one.brands.begin()->first);
        return std::vector<std::string>{"\"lead\": expected sales, found care"};
    };
    CHECK(versions.load().faults.empty());
    CHECK(tested.empty());
    versions.files["brands/bmart.yaml"] = brand_file("bmart", "sales", shop("2"));
    const SteadyLoad loaded = versions.load();
    CHECK(tested == std::vector<std::string>{"bmart"});
    REQUIRE(loaded.config);
    CHECK(loaded.config->brands.at("bmart")->queues.contains("help"));
    CHECK(versions.told(loaded) ==
          "brands/bmart.yaml: a test of the brand fails: \"lead\": expected sales, found care\n");
}

TEST_CASE(
    "last good: secrets are kept in memory alone, and a vanished one is put back from there") {
    Versions versions;
    versions.files["brands/acme.yaml"] +=
        "keys: {api_keys: [{name: app, value: \"file:secrets/app\", scopes: [events:write]}]}\n";
    versions.files["secrets/app"] = "f9e8d7c6b5a4938271605f4e3d2c1b0a\n";
    const SteadyLoad first = versions.load();
    REQUIRE(first.config);
    CHECK_FALSE(first.good.at("acme").files.contains("secrets/app"));
    CHECK(first.good.at("acme").secrets.contains("secrets/app"));
    versions.files.erase("secrets/app");
    const SteadyLoad second = versions.load();
    REQUIRE(second.config);
    CHECK(second.faults.contains("acme"));
    CHECK(second.config->brands.at("acme")->api_keys.at(0).value ==
          "f9e8d7c6b5a4938271605f4e3d2c1b0a");
    // A start has no secrets from before.
    versions.kept["acme"].secrets.clear();
    CHECK_FALSE(versions.load().config);
}

}  // namespace
}  // namespace tapline
