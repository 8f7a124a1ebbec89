// What holds for every provider, without knowing it: a new one is tested by its registry line. What
// its scheme covers, and where it stands in a request, is said by the fields of its Source.
#include "adapters/sources/registry.h"

#include <random>

#include <doctest/doctest.h>

#include "adapters/crypto.h"
#include "adapters/usual_reply.h"
#include "tests/adapters/sources/key_pairs.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::kNow;
using test::Request;

constexpr int kSamples = 25;

// Long enough, and base64, for every scheme that there is.
const std::string kOne = base64_encode("0123456789abcdef01234567");
const std::string kTwo = base64_encode("another secret of 24 b..");

SourceSecrets secrets_of(const Source& source, std::vector<std::string> active) {
    SourceSecrets secrets;
    secrets.connection = "acme";
    secrets.secrets = std::move(active);
    secrets.verify_token = "token";
    if (source.certificate_url != nullptr) test::give_certificates(secrets);
    return secrets;
}

// Random, and the same in each run.
class Samples {
  public:
    Sample next() {
        Sample sample;
        sample.random = sha256_hex("sample " + std::to_string(++count_)).substr(0, 32);
        sample.text = text();
        if (pick(2) == 0) sample.ref = "ref" + std::to_string(pick(1000));
        return sample;
    }

  private:
    std::size_t pick(std::size_t below) {
        return std::uniform_int_distribution<std::size_t>(0, below - 1)(engine_);
    }
    // Words in several scripts, with what means something to forms, JSON, XML and MIME.
    std::string text() {
        static const std::vector<std::string> words = {"Is",
                                                       "it",
                                                       "in",
                                                       "stock?",
                                                       "50%+",
                                                       "a=b&c=d",
                                                       "\"quoted\"",
                                                       "<b>",
                                                       "&amp",
                                                       "{x}",
                                                       "\\n",
                                                       "gr\xC3\xBC\xC3\x9F",
                                                       "\xE2\x82\xAC"
                                                       "5",
                                                       "\xD0\xB4\xD0\xB0",
                                                       "\xE4\xBD\xA0\xE5\xA5\xBD",
                                                       "\xF0\x9F\x98\x80",
                                                       "#tag",
                                                       "a@b.example",
                                                       "7:30",
                                                       "-- "
                                                       "x"};
        std::string made = words[pick(words.size())];
        for (std::size_t i = pick(12); i > 0; --i) made += ' ' + words[pick(words.size())];
        return made;
    }
    std::mt19937 engine_{20260309};
    int count_ = 0;
};

Request signed_with(const Source& source, const std::string& secret, const Sample& sample) {
    Request request;
    test::sign(source, secrets_of(source, {secret}), sample, request);
    return request;
}

Request signed_by(const Source& source, const std::string& secret) {
    Sample sample;
    sample.text = "Is it in stock?";
    sample.ref = "7K3M9Q2X4";
    return signed_with(source, secret, sample);
}

bool accepted(const Source& source, const Request& request,
              const std::vector<std::string>& active = {kOne}) {
    const auto verified = source.verify(request.view(), secrets_of(source, active), kNow);
    if (!verified) CHECK(verified.error().code != ErrorCode::corrupt);
    return verified.has_value();
}

std::vector<Event> events_of(const Source& source, const Request& request) {
    const auto items = source.parse(request.view(), secrets_of(source, {kOne}), kNow);
    std::vector<Event> events;
    if (!items) return events;
    for (const ParsedItem& item : *items) {
        if (item.event) events.push_back(*item.event);
    }
    return events;
}

// Those whose requests are signed; what anybody may send has a test of its own.
std::vector<const Source*> proven_sources() {
    std::vector<const Source*> proven;
    for (const Source& source : sources()) {
        if (!source.proof.none) proven.push_back(&source);
    }
    return proven;
}

bool same_scheme(const Source& a, const Source& b) {
    return a.verify == b.verify || (!a.proof.scheme.empty() && a.proof.scheme == b.proof.scheme);
}

std::vector<std::size_t> proof_headers(const Source& source, const Request& request) {
    const auto& named = source.proof.headers;
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
        const std::string& name = request.headers[i].first;
        const bool is_named = std::find(named.begin(), named.end(), name) != named.end();
        const bool any = named.empty() && source.proof.fields.empty();
        if (any ? name != "content-type" : is_named) found.push_back(i);
    }
    return found;
}

struct Piece {
    std::size_t at = 0;
    std::size_t size = 0;
};

// Where the value of a field of the body stands: of a form, a multipart form or JSON.
std::optional<Piece> field_value(const std::string& body, std::string_view name) {
    const std::string text(name);
    const std::pair<std::string, std::string> shapes[] = {
        {"name=\"" + text + "\"\r\n\r\n", "\r\n"},
        {"\"" + text + "\":\"", "\""},
        {"\"" + text + "\": \"", "\""},
        {"&" + text + "=", "&"},
        {text + "=", "&"},
    };
    for (const auto& [before, after] : shapes) {
        const std::size_t found = body.find(before);
        if (found == std::string::npos) continue;
        const std::size_t at = found + before.size();
        return Piece{at, std::min(body.find(after, at), body.size()) - at};
    }
    return std::nullopt;
}

void flip(std::string& bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
}

void check_same(const Event& a, const Event& b) {
    CHECK(a.kind == b.kind);
    CHECK(a.type == b.type);
    CHECK(a.event_id == b.event_id);
    CHECK(a.account == b.account);
    CHECK(a.occurred_at == b.occurred_at);
    CHECK(a.text == b.text);
    CHECK(a.subject == b.subject);
    CHECK(a.ref == b.ref);
    CHECK(a.line == b.line);
    CHECK(a.address == b.address);
    CHECK(a.button == b.button);
    CHECK(a.profile == b.profile);
    CHECK(a.customer.platform_id == b.customer.platform_id);
    CHECK(a.customer.phone == b.customer.phone);
    CHECK(a.customer.email == b.customer.email);
    CHECK(a.attachments.size() == b.attachments.size());
    CHECK(a.attribution == b.attribution);
    CHECK(a.reply.to == b.reply.to);
    CHECK(a.reply_before == b.reply_before);
    CHECK(a.replay_key == b.replay_key);
    CHECK(a.body_hash == b.body_hash);
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
        CHECK((all[i].handshake_every.count() == 0 || all[i].challenge != nullptr));
    }
    CHECK(find_source("nobody") == nullptr);
    CHECK(find_source("") == nullptr);
}

TEST_CASE("every provider: what it signs is accepted and becomes a contact") {
    for (const Source* proven : proven_sources()) {
        const Source& source = *proven;
        CAPTURE(source.provider);
        Samples samples;
        std::vector<std::string> ids;
        for (int i = 0; i < kSamples; ++i) {
            const Sample sample = samples.next();
            CAPTURE(sample.text);
            const Request request = signed_with(source, kOne, sample);
            CHECK(accepted(source, request));
            const auto events = events_of(source, request);
            REQUIRE(events.size() == 1);
            CHECK(events[0].kind == EventKind::contact);
            CHECK(events[0].provider == source.provider);
            CHECK(events[0].text == sample.text);
            REQUIRE_FALSE(events[0].event_id.empty());
            CHECK(std::find(ids.begin(), ids.end(), events[0].event_id) == ids.end());
            ids.push_back(events[0].event_id);
        }
    }
}

TEST_CASE("every provider: says how a request was proven") {
    for (const Source* proven : proven_sources()) {
        const Source& source = *proven;
        CAPTURE(source.provider);
        const Request request = signed_by(source, kOne);
        const auto verified = source.verify(request.view(), secrets_of(source, {kOne}), kNow);
        REQUIRE(verified);
        CHECK(verified->auth != "none");
        CHECK_FALSE(verified->auth.empty());
    }
}

TEST_CASE("every provider: signs the bytes it is given") {
    for (const Source* proven : proven_sources()) {
        const Source& source = *proven;
        CAPTURE(source.provider);
        Sample sample;
        sample.body = signed_by(source, kOne).body;
        const Request request = signed_with(source, kOne, sample);
        // A proof among the fields of the body is written anew.
        if (source.proof.fields.empty()) CHECK(request.body == sample.body);
        CHECK(accepted(source, request));
    }
}

TEST_CASE("every provider: each flipped bit of the body is refused where the body is signed") {
    for (const Source* proven : proven_sources()) {
        const Source& source = *proven;
        CAPTURE(source.provider);
        const Request request = signed_by(source, kOne);
        const auto events = events_of(source, request);
        REQUIRE(events.size() == 1);
        for (std::size_t bit = 0; bit < request.body.size() * 8; ++bit) {
            CAPTURE(bit);
            Request flipped = request;
            flip(flipped.body, bit);
            const bool taken = accepted(source, flipped);
            const auto read = events_of(source, flipped);
            if (!taken || !source.proof.covers_body) continue;
            // An escape such as %2b for %2B decodes to the same: then it is the same event.
            REQUIRE(read.size() == 1);
            check_same(read[0], events[0]);
            // The place of the certificate is not signed, and here it is not fetched from there.
            if (source.certificate_url != nullptr) continue;
            CHECK(test::lower(flipped.body) == test::lower(request.body));
        }
    }
}

TEST_CASE("every provider: each flipped bit of the URL is refused where the URL is signed") {
    for (const Source& source : sources()) {
        if (!source.proof.covers_url) continue;
        CAPTURE(source.provider);
        const Request request = signed_by(source, kOne);
        for (std::size_t bit = 8; bit < request.connection_path.size() * 8; ++bit) {
            CAPTURE(bit);
            Request flipped = request;
            flip(flipped.connection_path, bit);
            CHECK_FALSE(accepted(source, flipped));
        }
        Request queried = request;
        queried.query = "a=1";
        CHECK_FALSE(accepted(source, queried));
    }
}

TEST_CASE("every provider: each flipped bit of each header of its scheme is refused") {
    for (const Source* source : proven_sources()) {
        CAPTURE(source->provider);
        const Request request = signed_by(*source, kOne);
        for (const std::size_t index : proof_headers(*source, request)) {
            const auto& [name, value] = request.headers[index];
            CAPTURE(name);
            // RFC 9110, 11.1: "basic" and "Basic" name the same scheme of authentication.
            const std::size_t caseless = name == "authorization" ? value.find(' ') : 0;
            for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
                CAPTURE(bit);
                Request flipped = request;
                std::string& other = flipped.headers[index].second;
                flip(other, bit);
                const bool only_case =
                    bit / 8 < caseless && test::lower(other) == test::lower(value);
                if (!only_case) CHECK_FALSE(accepted(*source, flipped));
            }
        }
    }
}

TEST_CASE("every provider: a missing, empty, cut or repeated header of its scheme is refused") {
    for (const Source* source : proven_sources()) {
        CAPTURE(source->provider);
        const Request request = signed_by(*source, kOne);
        const auto indexes = proof_headers(*source, request);
        CHECK_FALSE((indexes.empty() && source->proof.fields.empty()));
        for (const std::size_t index : indexes) {
            CAPTURE(request.headers[index].first);
            Request missing = request;
            missing.headers.erase(missing.headers.begin() + static_cast<std::ptrdiff_t>(index));
            CHECK_FALSE(accepted(*source, missing));
            Request twice = request;
            twice.headers.push_back(twice.headers[index]);
            CHECK_FALSE(accepted(*source, twice));
            for (std::size_t keep = 0; keep < request.headers[index].second.size(); ++keep) {
                Request cut = request;
                cut.headers[index].second.resize(keep);
                CHECK_FALSE(accepted(*source, cut));
            }
            Request huge = request;
            huge.headers[index].second.append(1u << 20, 'A');
            CHECK_FALSE(accepted(*source, huge));
        }
    }
}

TEST_CASE("every provider: a field of the body that proves it is neither altered nor left out") {
    for (const Source* source : proven_sources()) {
        CAPTURE(source->provider);
        const Request request = signed_by(*source, kOne);
        for (const std::string_view name : source->proof.fields) {
            CAPTURE(name);
            const auto value = field_value(request.body, name);
            REQUIRE(value);
            for (std::size_t bit = value->at * 8; bit < (value->at + value->size) * 8; ++bit) {
                CAPTURE(bit);
                Request flipped = request;
                flip(flipped.body, bit);
                CHECK_FALSE(accepted(*source, flipped));
            }
            for (std::size_t keep = 0; keep < value->size; ++keep) {
                Request cut = request;
                cut.body.erase(value->at + keep, value->size - keep);
                CHECK_FALSE(accepted(*source, cut));
            }
            Request renamed = request;
            flip(renamed.body, renamed.body.rfind(name, value->at) * 8);
            CHECK_FALSE(accepted(*source, renamed));
        }
    }
}

TEST_CASE("every provider: other secrets are refused, and an empty one matches nothing") {
    for (const Source* source : proven_sources()) {
        CAPTURE(source->provider);
        const Request request = signed_by(*source, kOne);
        CHECK_FALSE(accepted(*source, request, {kTwo}));
        CHECK_FALSE(accepted(*source, request, {kOne + kOne}));
        CHECK_FALSE(accepted(*source, request, {}));
        CHECK_FALSE(accepted(*source, request, {""}));
        CHECK_FALSE(accepted(*source, signed_by(*source, ""), {""}));
        CHECK_FALSE(accepted(*source, signed_by(*source, ""), {"", kOne}));
        CHECK_FALSE(accepted(*source, signed_by(*source, ""), {}));
    }
}

// What a form or an app's event is answered by, its own fields tell.
TEST_CASE("every provider: a made-up contact is answered as a real one") {
    for (const Source& source : sources()) {
        if (source.provider == "web" || source.provider == "events") continue;
        CAPTURE(source.provider);
        for (const Event& event : events_of(source, signed_by(source, kOne))) {
            if (event.kind != EventKind::contact) continue;
            const auto usual = usual_reply(source.provider, event.channel, {});
            CHECK(event.reply.how == usual.how);
            REQUIRE(event.reply_before.has_value() == usual.window.has_value());
            if (usual.window) CHECK(*event.reply_before == event.occurred_at + *usual.window);
        }
    }
}

TEST_CASE("every provider: two secrets are active, a removed one stops working") {
    for (const Source* source : proven_sources()) {
        CAPTURE(source->provider);
        const Request old = signed_by(*source, kOne);
        const Request fresh = signed_by(*source, kTwo);
        CHECK(accepted(*source, old, {kTwo, kOne}));
        CHECK(accepted(*source, fresh, {kTwo, kOne}));
        const SourceSecrets both = secrets_of(*source, {kTwo, kOne});
        CHECK(source->verify(old.view(), both, kNow)->secret == "2");
        CHECK(source->verify(fresh.view(), both, kNow)->secret == "1");
        CHECK_FALSE(accepted(*source, old, {kTwo}));
        CHECK(accepted(*source, fresh, {kTwo}));
    }
}

TEST_CASE("every provider: refuses what another provider signed, with the very same secret") {
    for (const Source* source : proven_sources()) {
        for (const Source& other : sources()) {
            if (same_scheme(*source, other)) continue;
            CAPTURE(source->provider);
            CAPTURE(other.provider);
            const Request request = signed_by(other, kOne);
            CHECK_FALSE(accepted(*source, request));
            // Nor in the place of its own proof.
            Request own = signed_by(*source, kOne);
            const auto ours = proof_headers(*source, own);
            const auto theirs = proof_headers(other, request);
            if (ours.empty() || theirs.empty()) continue;
            own.headers[ours.back()].second = request.headers[theirs.back()].second;
            CHECK_FALSE(accepted(*source, own));
        }
    }
}

TEST_CASE("every provider: every truncation of a body ends in an answer") {
    for (const Source& source : sources()) {
        CAPTURE(source.provider);
        const Request request = signed_by(source, kOne);
        const bool refusable = source.proof.covers_body && !source.proof.none;
        for (std::size_t keep = 0; keep < request.body.size(); ++keep) {
            CAPTURE(keep);
            Request cut = request;
            cut.body.resize(keep);
            const bool taken = accepted(source, cut);
            if (refusable) CHECK_FALSE(taken);
            for (const Event& event : events_of(source, cut)) CHECK_FALSE(event.event_id.empty());
        }
    }
}

TEST_CASE("every provider: a signed truncation of a body ends in the same answer twice") {
    for (const Source& source : sources()) {
        CAPTURE(source.provider);
        const std::string body = signed_by(source, kOne).body;
        for (std::size_t keep = 1; keep < body.size(); ++keep) {
            CAPTURE(keep);
            Sample sample;
            sample.body = body.substr(0, keep);
            const Request cut = signed_with(source, kOne, sample);
            if (!accepted(source, cut)) continue;
            const auto first = events_of(source, cut);
            const auto second = events_of(source, cut);
            REQUIRE(first.size() == second.size());
            for (std::size_t i = 0; i < first.size(); ++i) check_same(first[i], second[i]);
        }
    }
}

TEST_CASE("every provider: reading twice gives the same events under the same ids") {
    for (const Source& source : sources()) {
        CAPTURE(source.provider);
        Samples samples;
        for (int i = 0; i < kSamples; ++i) {
            const Request request = signed_with(source, kOne, samples.next());
            const auto first = events_of(source, request);
            const auto second = events_of(source, request);
            REQUIRE(first.size() == second.size());
            for (std::size_t k = 0; k < first.size(); ++k) check_same(first[k], second[k]);
        }
    }
}

}  // namespace
}  // namespace tapline
