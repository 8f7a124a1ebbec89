#include "gateway/intake/identity.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/gateway/redis/real_redis.h"

using namespace tapline;

namespace {

const Keys kKeys{std::string(32, 't'), std::string(32, 'p')};

Event event_of(std::string provider, std::string account, std::string id) {
    Event event;
    event.provider = std::move(provider);
    event.account = std::move(account);
    event.event_id = std::move(id);
    return event;
}

}  // namespace

TEST_CASE("identity: the same event has the same number under the same key, and no other") {
    const Identity first = identify(kKeys, "acme", event_of("instagram", "1", "m1"));
    CHECK(first.number == identify(kKeys, "acme", event_of("instagram", "1", "m1")).number);
    const Keys other{std::string(32, 'u'), kKeys.privacy};
    const std::vector<Identity> different = {
        identify(other, "acme", event_of("instagram", "1", "m1")),
        identify(kKeys, "bolt", event_of("instagram", "1", "m1")),
        identify(kKeys, "acme", event_of("twilio", "1", "m1")),
        identify(kKeys, "acme", event_of("instagram", "2", "m1")),
        identify(kKeys, "acme", event_of("instagram", "1", "m2")),
        // The parts are joined so that a border cannot be moved.
        identify(kKeys, "acme", event_of("instagram", "1m", "1")),
    };
    for (const auto& identity : different) CHECK(identity.founder != first.founder);
}

TEST_CASE("identity: a founder is safe inside a key name whatever the event id holds") {
    const std::vector<std::string> ids = {"}:queue", "a\r\nb", std::string("\0x", 2),
                                          std::string(9000, 'a')};
    for (const auto& id : ids) {
        const Identity identity = identify(kKeys, "acme", event_of("instagram", "1", id));
        CHECK(identity.founder.size() == 22);
        CHECK(
            identity.founder.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
                                               "yz0123456789-_") == std::string::npos);
    }
}

TEST_CASE("identity: a customer is known by phone on every provider, and by id on one account") {
    Event by_phone = event_of("twilio", "", "1");
    by_phone.customer.phone = "+14045550199";
    Event other_provider = event_of("events", "", "2");
    other_provider.customer.phone = "+14045550199";
    CHECK(customer_hash(kKeys, "acme", by_phone) == customer_hash(kKeys, "acme", other_provider));
    CHECK(customer_hash(kKeys, "acme", by_phone) != customer_hash(kKeys, "bolt", by_phone));

    Event by_id = event_of("instagram", "1", "3");
    by_id.customer.platform_id = "601";
    Event other_account = event_of("instagram", "2", "4");
    other_account.customer.platform_id = "601";
    CHECK(customer_hash(kKeys, "acme", by_id) != customer_hash(kKeys, "acme", other_account));
    CHECK_FALSE(customer_hash(kKeys, "acme", event_of("twilio", "", "5")).has_value());
}

TEST_CASE("identity: a customer is known by an e-mail address in any case") {
    Event by_mail = event_of("mailgun", "", "1");
    by_mail.customer.email = "jane@shopper.example";
    Event by_form = event_of("events", "", "2");
    by_form.customer.email = "Jane@Shopper.Example";
    CHECK(customer_hash(kKeys, "acme", by_mail) == customer_hash(kKeys, "acme", by_form));
}

TEST_CASE("identity: key files are made once, private, and read again") {
    const redis::TempDir dir;
    const std::string tracking = dir.path() + "/keys/tracking";
    const std::string privacy = dir.path() + "/keys/privacy";
    const auto made = load_keys(tracking, privacy, system_random());
    REQUIRE(made);
    CHECK(made->tracking.size() == 32);
    CHECK(made->tracking != made->privacy);
    struct stat status {};
    REQUIRE(::stat(tracking.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    const auto read = load_keys(tracking, privacy, system_random());
    REQUIRE(read);
    CHECK(read->tracking == made->tracking);
    CHECK(fingerprint(read->tracking) != fingerprint(read->privacy));
}

TEST_CASE("identity: a damaged key file is named, and never replaced") {
    const redis::TempDir dir;
    const std::string path = dir.path() + "/tracking";
    std::ofstream(path) << "not hex";
    const auto refused = load_keys(path, dir.path() + "/privacy", system_random());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::bad_config);
    CHECK(refused.error().message.find(path) != std::string::npos);
    std::string kept;
    std::ifstream(path) >> kept;
    CHECK(kept == "not");
}
