#include "adapters/sources/meta_person.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/json.h"
#include "adapters/time_text.h"
#include "adapters/timestamp.h"

namespace tapline {
namespace {

constexpr std::size_t kSignedRequestBytesMax = 4096;
constexpr std::size_t kUserIdBytesMax = 64;
constexpr std::size_t kTimeHex = 8;
constexpr std::size_t kHashHex = 16;
constexpr std::size_t kCodeHex = kTimeHex + 2 * kHashHex;

struct Person {
    std::string user_id;
    std::uint32_t issued_at = 0;  // seconds; 0: not told
    std::string secret;
    std::size_t secret_index = 0;  // from 1
};

// RFC 4648 section 5, with padding or without.
std::optional<std::string> base64url_decode(std::string_view text) {
    std::string plain(text);
    for (char& c : plain) {
        if (c == '+' || c == '/') return std::nullopt;
        if (c == '-') c = '+';
        if (c == '_') c = '/';
    }
    while (!text.ends_with('=') && plain.size() % 4 != 0) plain += '=';
    return base64_decode(plain);
}

std::string base64url_encode(std::string_view bytes) {
    std::string text = base64_encode(bytes);
    while (text.ends_with('=')) text.pop_back();
    for (char& c : text) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return text;
}

tl::unexpected<Error> refused() {
    return fail(ErrorCode::unauthorized, "signature refused");
}

// The payload's text, and whose secret it was signed with.
Result<std::string> authentic_payload(const SourceRequest& request, const SourceSecrets& secrets,
                                      Person& person) {
    if (request.body.size() > kSignedRequestBytesMax) return refused();
    const auto form = parse_form(request.body);
    if (!form) return refused();
    const auto is_it = [](const auto& field) { return field.first == "signed_request"; };
    if (std::count_if(form->begin(), form->end(), is_it) != 1) return refused();
    const std::string& written = std::find_if(form->begin(), form->end(), is_it)->second;
    const std::size_t dot = written.find('.');
    if (dot == std::string::npos) return refused();
    const auto mac = base64url_decode(std::string_view(written).substr(0, dot));
    const std::string encoded = written.substr(dot + 1);
    if (!mac) return refused();
    for (std::size_t i = 0; i < secrets.secrets.size(); ++i) {
        const std::string& secret = secrets.secrets[i];
        const bool same = equal_constant_time(hmac_sha256(secret, encoded), *mac);
        if (!same || secret.empty() || person.secret_index != 0) continue;
        person.secret = secret;
        person.secret_index = i + 1;
    }
    if (person.secret_index == 0) return refused();
    auto payload = base64url_decode(encoded);
    if (!payload) return fail(ErrorCode::bad_request, "signed_request: is not base64url");
    return *std::move(payload);
}

Result<Person> read_person(const SourceRequest& request, const SourceSecrets& secrets) {
    Person person;
    const auto payload = authentic_payload(request, secrets, person);
    if (!payload) return tl::unexpected(payload.error());
    const auto root = json::parse(*payload);
    if (!root) return tl::unexpected(root.error());
    const auto named =
        json::members(*root, std::array<std::string_view, 3>{"algorithm", "user_id", "issued_at"});
    if (!named) return fail(ErrorCode::bad_request, "signed_request: " + named.error());
    const auto& [algorithm, user_id, issued_at] = *named;
    if (json::text_of(algorithm).value_or("") != "HMAC-SHA256") {
        return fail(ErrorCode::bad_request, "signed_request/algorithm: must be HMAC-SHA256");
    }
    person.user_id = json::id_of(user_id);
    if (person.user_id.empty() || person.user_id.size() > kUserIdBytesMax) {
        return fail(ErrorCode::bad_request, "signed_request/user_id: must be 1 to 64 bytes");
    }
    const std::int64_t seconds = json::integer_of(issued_at).value_or(0);
    if (seconds > 0 && seconds <= UINT32_MAX) {
        person.issued_at = static_cast<std::uint32_t>(seconds);
    }
    return person;
}

std::string short_mac(std::string_view secret, std::string_view purpose, std::string_view bytes) {
    return to_hex(hmac_sha256(secret, std::string(purpose) + '\n' + std::string(bytes)))
        .substr(0, kHashHex);
}

std::string code_of(const Person& person) {
    std::array<char, kTimeHex + 1> time{};
    std::snprintf(time.data(), time.size(), "%08x", person.issued_at);
    const std::string front =
        time.data() + short_mac(person.secret, "tapline person", person.user_id);
    return front + short_mac(person.secret, "tapline deletion code", front);
}

// When the request of this code was made, if one of the secrets made the code.
std::optional<std::uint32_t> time_in_code(std::string_view code, const SourceSecrets& secrets) {
    const auto bytes = from_hex(code);
    if (code.size() != kCodeHex || !bytes || to_hex(*bytes) != code) return std::nullopt;
    const std::string_view front = code.substr(0, kCodeHex - kHashHex);
    const bool ours =
        std::any_of(secrets.secrets.begin(), secrets.secrets.end(), [&](const auto& secret) {
            return !secret.empty() &&
                   equal_constant_time(short_mac(secret, "tapline deletion code", front),
                                       code.substr(front.size()));
        });
    if (!ours) return std::nullopt;
    std::uint32_t time = 0;
    for (std::size_t i = 0; i < kTimeHex / 2; ++i) {
        time = time << 8 | static_cast<unsigned char>((*bytes)[i]);
    }
    return time;
}

std::optional<Time> time_of(std::uint32_t seconds) {
    if (seconds == 0) return std::nullopt;
    return Time(std::chrono::seconds(seconds));
}

}  // namespace

bool is_person_path(std::string_view rest) {
    return rest == kDeletionPath || rest == kDeauthorizePath;
}

Result<Verified> verify_person(const SourceRequest& request, const SourceSecrets& secrets) {
    if (request.method != "POST") {
        return fail(ErrorCode::bad_request, "a signed_request comes as POST");
    }
    const auto person = read_person(request, secrets);
    if (!person) return tl::unexpected(person.error());
    return Verified{"signature", "", std::to_string(person->secret_index)};
}

Result<std::vector<ParsedItem>> parse_person(const SourceRequest& request,
                                             const SourceSecrets& secrets,
                                             std::string_view provider, Time now) {
    const auto person = read_person(request, secrets);
    if (!person) return fail(ErrorCode::bad_request, person.error().message);
    const bool deletion = request.rest == kDeletionPath;
    Event event;
    event.kind = EventKind::recorded;
    event.type = deletion ? "person.deletion" : "person.deauthorized";
    event.event_id = (deletion ? "deletion:" : "deauthorized:") + code_of(*person);
    event.provider = provider;
    event.connection = secrets.connection;
    event.occurred_at = time_of(person->issued_at).value_or(now);
    event.auth = "signature";
    event.for_every_brand = true;
    std::vector<ParsedItem> items;
    items.push_back({std::move(event), {}});
    return items;
}

std::optional<Answer> deletion_answer(const SourceRequest& request, const SourceSecrets& secrets) {
    const auto person = read_person(request, secrets);
    if (!person) return std::nullopt;
    const std::string code = code_of(*person);
    std::string url = request.public_base;
    if (url.empty()) url = "https://" + std::string(request.header("host"));
    url += std::string(request.path) + "?code=" + code;
    return Answer{
        200, "application/json",
        "{\"url\":" + json::quoted(url) + ",\"confirmation_code\":" + json::quoted(code) + "}"};
}

Answer deletion_page(const SourceRequest& request, const SourceSecrets& secrets) {
    constexpr std::string_view kPlain = "text/plain; charset=utf-8";
    const Fields query = parse_query(request.query);
    const std::string* code = find_field(query, "code");
    const auto made = code != nullptr ? time_in_code(*code, secrets) : std::nullopt;
    if (!made) {
        return Answer{404, std::string(kPlain),
                      "This is no confirmation code of a deletion request that was made here.\n"};
    }
    const auto time = time_of(*made);
    const std::string when = time ? " on " + to_rfc3339(*time) : std::string();
    return Answer{
        200, std::string(kPlain),
        "Your request to delete your data\n\nConfirmation code: " + *code + "\nStatus: received" +
            when +
            " and recorded for the people who answer for this service.\n\n"
            "This service passes messages on to the brand that you wrote to. It holds a message "
            "until the brand has taken it; after that it knows only under a code that somebody "
            "wrote, when, and what became of it: no name, no number, no text. Meta's request names "
            "you by a number that stands on no message, so no machine can find what belongs to "
            "you: the brand's people do it. Write to the brand, and give this code, if you want "
            "to be told when that is done.\n"};
}

std::string meta_signed_request(std::string_view secret, std::string_view payload) {
    const std::string encoded = base64url_encode(payload);
    return base64url_encode(hmac_sha256(secret, encoded)) + '.' + encoded;
}

}  // namespace tapline
