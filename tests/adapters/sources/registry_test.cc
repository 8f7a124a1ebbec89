// What holds for every provider, without knowing it: a new one is tested by its registry line.
#include "adapters/sources/registry.h"

#include <doctest/doctest.h>

#include "adapters/crypto.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::kNow;
using test::Request;

// Long enough, and base64, for every scheme that there is.
const std::string kOne = base64_encode("0123456789abcdef01234567");
const std::string kTwo = base64_encode("another secret of 24 b..");

SourceSecrets secrets_of(std::vector<std::string> active) {
    SourceSecrets secrets;
    secrets.connection = "acme";
    secrets.secrets = std::move(active);
    secrets.verify_token = "token";
    return secrets;
}

Request signed_by(const Source& source, const std::string& secret) {
    Sample sample;
    sample.text = "Is it in stock?";
    sample.ref = "7K3M9Q2X4";
    Request request;
    test::sign(source, secrets_of({secret}), sample, request);
    return request;
}

bool accepted(const Source& source, const Request& request,
              const std::vector<std::string>& active = {kOne}) {
    const auto verified = source.verify(request.view(), secrets_of(active), kNow);
    if (!verified) CHECK(verified.error().code != ErrorCode::corrupt);
    return verified.has_value();
}

std::vector<Event> events_of(const Source& source, const Request& request) {
    const auto items = source.parse(request.view(), secrets_of({kOne}), kNow);
    std::vector<Event> events;
    if (!items) return events;
    for (const ParsedItem& item : *items) {
        if (item.event) events.push_back(*item.event);
    }
    return events;
}

// The headers that the provider's scheme adds; the type of the body is no part of any of them.
std::vector<std::size_t> scheme_headers(const Request& request) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
        if (request.headers[i].first != "content-type") found.push_back(i);
    }
    return found;
}

TEST_CASE("every provider: the table is sorted, found by name, and complete") {
    const auto all = sources();
    REQUIRE(all.size() >= 3);
    for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(all[i].provider);
        CHECK(find_source(all[i].provider) == &all[i]);
        CHECK((i == 0 || all[i - 1].provider < all[i].provider));
        CHECK_FALSE(all[i].summary.empty());
        CHECK((all[i].verify != nullptr));
        CHECK((all[i].parse != nullptr));
        CHECK((all[i].sign != nullptr));
        CHECK(all[i].ok.status == 200);
    }
    CHECK(find_source("nobody") == nullptr);
    CHECK(find_source("") == nullptr);
}

TEST_CASE("every provider: what it signs is accepted and becomes a contact") {
    for (const Source& source : sources()) {
        CAPTURE(source.provider);
        const Request request = signed_by(source, kOne);
        CHECK(accepted(source, request));
        const auto events = events_of(source, request);
        REQUIRE(events.size() == 1);
        CHECK(events[0].kind == EventKind::contact);
        CHECK(events[0].provider == source.provider);
        CHECK(events[0].text == "Is it in stock?");
        CHECK_FALSE(events[0].event_id.empty());
    }
}

TEST_CASE("every provider: signs the bytes it is given") {
    for (const Source& source : sources()) {
        CAPTURE(source.provider);
        const std::string body = signed_by(source, kOne).body;
        Sample sample;
        sample.body = body;
        Request request;
        test::sign(source, secrets_of({kOne}), sample, request);
        CHECK(request.body == body);
        CHECK(accepted(source, request));
    }
}

TEST_CASE("every provider: each flipped bit of the body is refused") {
    for (const Source& source : sources()) {
        CAPTURE(source.provider);
        const Request request = signed_by(source, kOne);
        for (std::size_t bit = 0; bit < request.body.size() * 8; ++bit) {
            CAPTURE(bit);
            Request flipped = request;
            flipped.body[bit / 8] = static_cast<char>(flipped.body[bit / 8] ^ (1 << (bit % 8)));
            // An escape such as %2b for %2B decodes to the same: then it is the same event.
            const bool taken = accepted(source, flipped);
            if (taken) {
                const auto events = events_of(source, flipped);
                REQUIRE(events.size() == 1);
                CHECK(events[0].event_id == events_of(source, request)[0].event_id);
                CHECK(events[0].text == events_of(source, request)[0].text);
                CHECK(test::lower(flipped.body) == test::lower(request.body));
            }
        }
    }
}

TEST_CASE("every provider: each flipped bit of each header of its scheme is refused") {
    for (const Source& source : sources()) {
        CAPTURE(source.provider);
        const Request request = signed_by(source, kOne);
        for (const std::size_t index : scheme_headers(request)) {
            const std::string& value = request.headers[index].second;
            for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
                CAPTURE(request.headers[index].first);
                CAPTURE(bit);
                Request flipped = request;
                char& byte = flipped.headers[index].second[bit / 8];
                byte = static_cast<char>(byte ^ (1 << (bit % 8)));
                CHECK_FALSE(accepted(source, flipped));
            }
        }
    }
}

TEST_CASE("every provider: a missing, empty, cut or repeated header of its scheme is refused") {
    for (const Source& source : sources()) {
        CAPTURE(source.provider);
        const Request request = signed_by(source, kOne);
        for (const std::size_t index : scheme_headers(request)) {
            CAPTURE(request.headers[index].first);
            Request missing = request;
            missing.headers.erase(missing.headers.begin() + static_cast<std::ptrdiff_t>(index));
            CHECK_FALSE(accepted(source, missing));
            Request twice = request;
            twice.headers.push_back(twice.headers[index]);
            CHECK_FALSE(accepted(source, twice));
            for (std::size_t keep = 0; keep < request.headers[index].second.size(); ++keep) {
                Request cut = request;
                cut.headers[index].second.resize(keep);
                CHECK_FALSE(accepted(source, cut));
            }
            Request huge = request;
            huge.headers[index].second.append(1u << 20, 'A');
            CHECK_FALSE(accepted(source, huge));
        }
    }
}

TEST_CASE("every provider: other secrets are refused, and an empty one matches nothing") {
    for (const Source& source : sources()) {
        CAPTURE(source.provider);
        const Request request = signed_by(source, kOne);
        CHECK_FALSE(accepted(source, request, {kTwo}));
        CHECK_FALSE(accepted(source, request, {kOne + kOne}));
        CHECK_FALSE(accepted(source, request, {}));
        CHECK_FALSE(accepted(source, request, {""}));
        CHECK_FALSE(accepted(source, signed_by(source, ""), {""}));
        CHECK_FALSE(accepted(source, signed_by(source, ""), {"", kOne}));
    }
}

TEST_CASE("every provider: two secrets are active, a removed one stops working") {
    for (const Source& source : sources()) {
        CAPTURE(source.provider);
        const Request old = signed_by(source, kOne);
        const Request fresh = signed_by(source, kTwo);
        CHECK(accepted(source, old, {kTwo, kOne}));
        CHECK(accepted(source, fresh, {kTwo, kOne}));
        CHECK(source.verify(old.view(), secrets_of({kTwo, kOne}), kNow)->secret == "2");
        CHECK_FALSE(accepted(source, old, {kTwo}));
    }
}

TEST_CASE("every provider: refuses what another provider signed") {
    for (const Source& source : sources()) {
        for (const Source& other : sources()) {
            if (&source == &other) continue;
            CAPTURE(source.provider);
            CAPTURE(other.provider);
            const Request request = signed_by(other, kOne);
            CHECK_FALSE(accepted(source, request));
            // Nor in the place of its own signature.
            Request own = signed_by(source, kOne);
            own.headers[scheme_headers(own).back()].second =
                request.headers[scheme_headers(request).back()].second;
            CHECK_FALSE(accepted(source, own));
        }
    }
}

TEST_CASE("every provider: every truncation of a body is refused, and reading it ends") {
    for (const Source& source : sources()) {
        CAPTURE(source.provider);
        const Request request = signed_by(source, kOne);
        for (std::size_t keep = 0; keep < request.body.size(); ++keep) {
            CAPTURE(keep);
            Request cut = request;
            cut.body.resize(keep);
            CHECK_FALSE(accepted(source, cut));
            events_of(source, cut);
        }
    }
}

TEST_CASE("every provider: reading twice gives the same events under the same ids") {
    for (const Source& source : sources()) {
        CAPTURE(source.provider);
        const Request request = signed_by(source, kOne);
        const auto first = events_of(source, request);
        const auto second = events_of(source, request);
        REQUIRE(first.size() == second.size());
        for (std::size_t i = 0; i < first.size(); ++i) {
            CHECK(first[i].event_id == second[i].event_id);
            CHECK(first[i].account == second[i].account);
            CHECK(first[i].occurred_at == second[i].occurred_at);
            CHECK(first[i].text == second[i].text);
            CHECK(first[i].ref == second[i].ref);
            CHECK(first[i].customer.platform_id == second[i].customer.platform_id);
            CHECK(first[i].customer.phone == second[i].customer.phone);
            CHECK(first[i].attribution == second[i].attribution);
            CHECK(first[i].body_hash == second[i].body_hash);
        }
    }
}

}  // namespace
}  // namespace tapline
