// Connections of the Meta family: what each must have, and what one app's may share.
#include <doctest/doctest.h>

#include "config/load.h"
#include "tests/config/support.h"

using namespace tapline;
using test::Files;

namespace {

const std::vector<std::string> kProviders = {"events", "instagram", "messenger", "twilio",
                                             "whatsapp"};

LoadResult load_connections(const std::string& connections) {
    Files files = test::good_files();
    files["tapline.yaml"] =
        "config: 1\npublic_url: https://hooks.acme.example\nconnections:\n"
        "  acme-tel: {provider: twilio, secrets: [\"${env:TWILIO}\"], brand: acme}\n" +
        connections;
    return load_config(test::memory_access(files, test::good_variables()), kProviders);
}

std::string connection(const std::string& name, const std::string& provider,
                       const std::string& more = "") {
    return "  " + name + ": {provider: " + provider +
           ", secrets: [\"${env:INSTAGRAM}\"], verify_token: file:secrets/key, brand: acme" + more +
           "}\n";
}

}  // namespace

TEST_CASE("meta connections: one app's products have one secret, without a warning") {
    const LoadResult one =
        load_connections(connection("ig", "instagram") + connection("fb", "messenger") +
                         connection("wa", "whatsapp"));
    CHECK(test::messages(one) == "");
    REQUIRE(one.config.has_value());
    CHECK(one.config->connections.at("wa").secrets == one.config->connections.at("ig").secrets);

    const LoadResult two =
        load_connections(connection("ig", "instagram") + connection("ig-two", "instagram"));
    CHECK(test::messages(two).find("has a secret of connection \"ig\"") != std::string::npos);
}

TEST_CASE("meta connections: each needs the token of its handshake") {
    for (const char* provider : {"instagram", "messenger", "whatsapp"}) {
        CAPTURE(provider);
        const LoadResult result =
            load_connections("  it: {provider: " + std::string(provider) +
                             ", secrets: [\"${env:INSTAGRAM}\"], brand: acme}\n");
        CHECK(test::messages(result) ==
              "tapline.yaml:5:8: connection \"it\" has no \"verify_token\", which " +
                  std::string(provider) +
                  " asks for when the webhook is saved; add verify_token: file:PATH\n");
    }
}

TEST_CASE("meta connections: the reply window is Meta's own or the human agent's") {
    struct Row {
        const char* provider;
        const char* window;
        std::chrono::seconds read;
        const char* told;  // behind the place
    };
    const char* one_of_two =
        "reply_window is 24h, or 7d where Meta allows the app the tag HUMAN_AGENT; write one of "
        "the two\n";
    const Row rows[] = {
        {"instagram", "", std::chrono::seconds(0), ""},
        {"instagram", ", reply_window: 24h", std::chrono::hours(24), ""},
        {"instagram", ", reply_window: 7d", std::chrono::hours(168), ""},
        {"messenger", ", reply_window: 7d", std::chrono::hours(168), ""},
        {"messenger", ", reply_window: 168h", std::chrono::hours(168), ""},
        {"instagram", ", reply_window: 8d", std::chrono::seconds(0), one_of_two},
        {"messenger", ", reply_window: 1h", std::chrono::seconds(0), one_of_two},
        {"messenger", ", reply_window: 7", std::chrono::seconds(0),
         "expected a duration like 20s, 5m, 1h30m or 2d, found \"7\"; write 7s for seconds\n"},
        {"whatsapp", ", reply_window: 7d", std::chrono::seconds(0),
         "connection \"it\" is of provider whatsapp, whose reply window is not ours to choose; "
         "remove \"reply_window\", which is for instagram and messenger\n"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.provider);
        CAPTURE(row.window);
        const LoadResult result = load_connections(connection("it", row.provider, row.window));
        const std::string told = test::messages(result);
        CHECK(told.substr(told.empty() ? 0 : told.find(": ") + 2) == row.told);
        CHECK(result.config.has_value() == told.empty());
        if (!result.config) continue;
        CHECK(result.config->connections.at("it").reply_window == row.read);
    }
}
