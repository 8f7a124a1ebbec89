#include "tests/config/support.h"

#include <fstream>
#include <iterator>
#include <set>

#include <doctest/doctest.h>

#include "config/load.h"

namespace tapline::test {

FileAccess memory_access(const Files& files, const Files& variables) {
    FileAccess access;
    access.directory = "etc";
    access.read = [files](const std::string& path) -> std::optional<std::string> {
        const auto file = files.find(path);
        if (file == files.end()) return std::nullopt;
        return file->second;
    };
    access.list = [files](const std::string& folder) {
        const std::string start = folder + "/";
        std::set<std::string> names;
        for (const auto& [path, text] : files) {
            if (!path.starts_with(start)) continue;
            const std::string rest = path.substr(start.size());
            const std::size_t slash = rest.find('/');
            names.insert(slash == std::string::npos ? rest : rest.substr(0, slash + 1));
        }
        return std::vector<std::string>(names.begin(), names.end());
    };
    access.environment = [variables](const std::string& name) -> std::optional<std::string> {
        const auto variable = variables.find(name);
        if (variable == variables.end()) return std::nullopt;
        return variable->second;
    };
    return access;
}

Files good_files() {
    return {
        {"tapline.yaml",
         "config: 1\n"
         "public_url: https://hooks.acme.example\n"
         "connections:\n"
         "  acme-tel: {provider: twilio, secrets: [\"${env:TWILIO}\"], brand: acme}\n"
         "  instagram-main:\n"
         "    provider: instagram\n"
         "    secrets: [\"${env:INSTAGRAM}\"]\n"
         "    verify_token: file:secrets/key\n"
         "    brand: acme\n"},
        {"brands/acme.yaml",
         "config: 1\n"
         "brand: acme\n"
         "owner: ops@acme.example\n"
         "queues: {care: {}}\n"
         "routes: [{name: default, to: care}]\n"},
        {"secrets/changeme", "Change-Me\n"},
        {"secrets/xxx", "xxxxxxxxxxxxxxxx"},
        {"secrets/empty", ""},
        {"secrets/spaces", " \n"},
        {"secrets/outer", "6fd3c1f0a5e24b7d \n"},
        {"secrets/lines", "6fd3c1f0a5e24b7d\n\n9f8e7d6c5b4a\n"},
        {"secrets/short", "6fd3c1f0a5"},
        {"secrets/key", "6fd3c1f0a5e24b7d9c8b7a6f5e4d3c2b\n"},
        {"tls/chain.pem", "a chain"},
        {"tls/a.pem", "a certificate"},
        {"tls/a.key", "a key"},
        {"/etc/tls/key.pem", "a key"},
        {"secrets/signing", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"},
    };
}

Files good_variables() {
    return {{"TWILIO", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"},
            {"INSTAGRAM", "f9e8d7c6b5a4938271605f4e3d2c1b0a"},
            {"BLANK", "  "}};
}

LoadResult load(const Files& files) {
    return load_config(memory_access(files, good_variables()),
                       {"chat", "events", "instagram", "twilio", "web"});
}

std::string messages(const LoadResult& result) {
    std::string text;
    for (const Mistake& mistake : result.mistakes) text += to_string(mistake) + "\n";
    return text;
}

std::string source_file(const std::string& path) {
    std::ifstream file(std::string(TAPLINE_SOURCE_DIR) + "/" + path, std::ios::binary);
    REQUIRE_MESSAGE(file, "cannot read ", path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace tapline::test

TEST_CASE("config tests: the config that the bad ones are made from is right") {
    const tapline::LoadResult result = tapline::test::load(tapline::test::good_files());
    CHECK(tapline::test::messages(result) == "");
    CHECK(result.config.has_value());
}
