// The directory itself, and secrets that another shell has.
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <unistd.h>

#include "config/load.h"
#include "tests/config/support.h"

using namespace tapline;
using test::Files;

namespace {

const std::vector<std::string> kProviders = {"events", "instagram", "twilio"};

// What load_config says with the variables and without any of the files that are named.
struct Lenient {
    LoadResult result;
    std::vector<std::string> missing;
};

Lenient load_elsewhere(Files files, const Files& variables) {
    Lenient lenient;
    FileAccess access = test::memory_access(files, variables);
    access.on_missing_secret = [&](const Mistake& mistake) {
        lenient.missing.push_back(to_string(mistake));
    };
    lenient.result = load_config(access, kProviders);
    return lenient;
}

}  // namespace

TEST_CASE("config directory: one that is none is named, with what it is") {
    namespace fs = std::filesystem;
    const fs::path folder =
        fs::temp_directory_path() / ("tapline-directory-" + std::to_string(::getpid()));
    fs::create_directories(folder / "empty");
    std::ofstream(folder / "file.yaml") << "config: 1\n";
    const std::string at = folder.string();
    const std::pair<std::string, std::string> rows[] = {
        {at + "/none", at + "/none: does not exist; \"tapline init BRAND --config " + at +
                           "/none\" writes a first config there\n"},
        {at + "/file.yaml",
         at + "/file.yaml: is a file; give the directory that tapline.yaml is in\n"},
        {at + "/empty", "tapline.yaml: there is no such file in "}};
    for (const auto& [directory, message] : rows) {
        CAPTURE(directory);
        const LoadResult result = load_config(disk_access(directory), kProviders);
        CHECK_FALSE(result.config.has_value());
        CHECK(test::messages(result).starts_with(message));
    }
    fs::remove_all(folder);
}

TEST_CASE("config elsewhere: secrets that cannot be had are told and empty, not mistakes") {
    Files files = test::good_files();
    files["brands/acme.yaml"] +=
        "keys:\n"
        "  signing_secrets: [{name: app, value: file:secrets/gone, scopes: [events:write]}]\n"
        "  api_keys: [{name: old, value: \"${env:GONE}\", scopes: [events:write]}]\n";
    const Lenient lenient = load_elsewhere(files, {{"INSTAGRAM", "f9e8d7c6b5a4938271605f4e3d2c"}});
    CHECK(test::messages(lenient.result) == "");
    REQUIRE(lenient.result.config.has_value());
    const Config& config = *lenient.result.config;
    CHECK(config.connections.at("acme-tel").secrets == std::vector<std::string>{""});
    CHECK(config.connections.at("instagram-main").secrets.front().size() == 28);
    CHECK(config.brands.at("acme")->signing_secrets.front().value.empty());
    REQUIRE(lenient.missing.size() == 3);
    CHECK(lenient.missing.front() ==
          "tapline.yaml:4:42: warning: the environment variable TWILIO is not set; set it where "
          "tapline is started, or use file:PATH");
}

TEST_CASE("config elsewhere: the secrets that are there are still checked, and Redis' is needed") {
    const Lenient placeholder = load_elsewhere(
        test::good_files(), {{"TWILIO", "changeme"}, {"INSTAGRAM", "f9e8d7c6b5a4938271605f4e"}});
    CHECK_FALSE(placeholder.result.config.has_value());
    Files files = test::good_files();
    files["tapline.yaml"] += "redis: \"${env:REDIS_URL}\"\n";
    const Lenient redis = load_elsewhere(files, test::good_variables());
    CHECK(test::messages(redis.result) ==
          "tapline.yaml:10:8: the environment variable REDIS_URL is not set; set it where tapline "
          "is started, or use file:PATH\n");
    CHECK(redis.missing.empty());
}

TEST_CASE("config elsewhere: certificates are not looked for") {
    Files files = test::good_files();
    files["tapline.yaml"] +=
        "listen: {address: \"0.0.0.0:443\", certificate: tls/gone.pem, key: tls/gone.key}\n";
    CHECK(load_elsewhere(files, test::good_variables()).result.config.has_value());
    CHECK_FALSE(test::load(files).config.has_value());
}

TEST_CASE("init: what must not be shared is kept out of version control") {
    const auto made = init_files("acme", [](std::size_t n) { return std::string(n, 'x'); });
    REQUIRE(made.has_value());
    std::string ignored;
    for (const InitFile& file : *made) {
        if (file.path == ".gitignore") ignored = file.text;
    }
    CHECK(ignored == "/data/\n/keys/\n/secrets/\n");
}
