// The contract of a source adapter: what we know about one provider, as pure functions of bytes.
//
// A provider is one file in adapters/sources/, one test and one line in registry.cc. The gateway
// calls, in this order: `challenge` (may answer a handshake), `verify` (over the raw bytes), then
// `parse`. Nothing is parsed that was not verified, so an adapter cannot forget it.
//
// Thread-safety: all functions are pure; call them from any thread.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/sources/web_form.h"
#include "routes/error.h"
#include "routes/evaluate.h"
#include "routes/event.h"
#include "routes/tracking_number.h"

namespace tapline {

// A request as the provider sent it. Views: valid during the call.
struct SourceRequest {
    std::string_view method;
    std::string_view path;    // raw, from the root: "/hooks/acme-tel/status"
    std::string_view rest;    // what follows the connection's own URL: "" or "/status"
    std::string_view query;   // raw
    std::string_view body;    // raw
    std::string_view client;  // who sent it as a keyed hash, where that matters (web); else ""
    std::string public_base;  // configured: "https://hooks.acme.example", without a final "/"
    std::span<const std::pair<std::string_view, std::string_view>> headers;  // names in lower case

    std::string_view header(std::string_view name) const;  // first, or empty
    int header_count(std::string_view name) const;
};

// The type of a Content-Type in lower case, without parameters and the white space around it:
// "application/json" of "Application/JSON; charset=utf-8".
std::string media_type(std::string_view content_type);

// What the config says of the connection (or, for `events`, of the brand).
struct SourceSecrets {
    std::string connection;             // its name: part of URLs and entries
    std::vector<std::string> secrets;   // active ones, newest first; an empty one never matches
    std::vector<std::string> api_keys;  // `events`: bearer keys that may write events
    std::string verify_token;           // handshake of the Meta family
    std::string account;                // pins the provider's account (Twilio AccountSid); "" = any
    // How long the platform lets the brand answer; 0: as usual there.
    std::chrono::seconds reply_window{0};
    const WebForm* form = nullptr;  // `web`: outlives the call
    // Of providers that sign with a private key: base64 of the public key (SendGrid), or the
    // signing certificate as PEM (SNS).
    std::vector<std::string> public_keys = {};
    // Base64 of PKCS #8: what `sign` stands in for such a provider with.
    std::string signing_key = {};
};

// A literal answer to a request: what `challenge` and `acknowledge` give back.
struct Answer {
    int status = 200;
    std::string content_type;
    std::string body;
};

struct Verified {
    std::string auth;        // "signature", "api_key", "basic_auth", "none"
    std::string replay_key;  // see Event::replay_key; "" when the ids are signed beyond doubt
    std::string secret;      // name or index of the secret that matched, for logs: "1", "2"
    // A URL that the provider wants to be asked (GET) before it is answered: a subscription to be
    // confirmed. Only one that the adapter has checked to be the provider's own.
    std::string confirm_url = {};
};

// Type of the event by which an account withdraws what it allowed the app: nothing more of it will
// come, and an alarm says so.
inline constexpr std::string_view kAccessRevoked = "access.revoked";

// One event of a request, or why this item of it cannot be used. A request may hold both.
struct ParsedItem {
    tl::expected<Event, std::string> event;  // the error names field and mend
    // The item's own bytes where it is one of several: what quarantine keeps. Empty: the body.
    std::string raw;
    // As Event::caller_waits and Event::kind, and known where there is no event: a call whose form
    // cannot be used is connected, and the end of a dialled call (recorded) is answered with `ok`.
    bool caller_waits = false;
    EventKind kind = EventKind::contact;
    // The sender's id where there is no event, as far as it could be read; "" for none.
    std::string id = {};
    // The first member that is not part of the schema and was passed over; "" for none.
    std::string passed_over = {};
    // Why the item asks for nothing, as it is counted: then nothing becomes of it. "" otherwise.
    std::string ignored = {};
    // All addresses that a mail was written to, where its request may be one event only; the
    // event's own is the first of them.
    std::vector<std::string> addresses = {};
};

// An item of a kind that no brand is told of.
ParsedItem ignored_item(std::string reason);

// What the reply to one event is made from.
struct ReplyContext {
    const Event& event;
    const Decision& decision;
    std::string tracking_number;  // display form
    std::string brand_name;
    std::string connection_url;    // public URL of the connection: callbacks are built from it
    std::string brand_shown = {};  // what the customer reads or hears; "" for brand_name

    const std::string& shown_name() const { return brand_shown.empty() ? brand_name : brand_shown; }
};

// What is needed to sign and send one made-up event as the provider would (`tapline send`, tests).
struct Sample {
    std::string text;
    std::string from;          // phone or platform id; "" for a random one
    std::string to;            // account id, line or button
    std::string ref;           // "" for none
    std::string id;            // "" for a random one
    std::string url;           // full public URL that the provider was given
    std::string body;          // set: sign and send exactly these bytes (a file, standard input)
    std::string content_type;  // of `body`, where a provider sends several; "" = its usual one
    std::string channel;       // where a provider sends several; "" = its usual one
    Time now{};
    std::string random;  // 32 lower-case hex characters to make ids from
};

// The first `count` characters of `random` as decimal digits, "0" where it is too short: what
// made-up phone numbers and numeric ids are built from.
std::string sample_digits(std::string_view random, std::size_t count);

struct SignedRequest {
    std::string method = "POST";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

// What stands behind `verify`: what of a request the proof covers and where it is. The tests of the
// registry alter a request by it; `none` also keeps the gateway from asking for a proof.
struct Proof {
    // Nothing of its requests can be signed: Verified::auth says "none".
    bool none = false;
    // False where a request proves who sent it and not what it says (basic authentication, a
    // signature over a token alone): TLS must keep the rest.
    bool covers_body = true;
    bool covers_url = false;  // path and query
    // Sources of one scheme believe each other's requests where they share a secret. Empty: a
    // scheme of its own, unless another source has the same `verify`.
    std::string_view scheme = {};
    // Headers, in lower case, and fields of the body in which the proof stands. None of either
    // named: all headers that `sign` writes but Content-Type.
    std::span<const std::string_view> headers = {};
    std::span<const std::string_view> fields = {};
};

struct Source {
    std::string_view provider;  // the name in config, URLs, metrics, `tapline send`
    std::string_view summary;   // one line for --help

    // Answers a handshake, or nothing when the request is not one. Null: the provider has none.
    std::optional<Answer> (*challenge)(const SourceRequest&, const SourceSecrets&);

    // Error codes: unauthorized (missing, malformed or wrong signature), bad_request.
    Result<Verified> (*verify)(const SourceRequest&, const SourceSecrets&, Time now);

    // Error: the body as a whole cannot be read (quarantine it). An empty list is fine: ignored.
    Result<std::vector<ParsedItem>> (*parse)(const SourceRequest&, const SourceSecrets&, Time now);

    // The answer to an event, kept in its seen mark and repeated on redelivery. Null or empty body:
    // the provider's default answer.
    std::string (*reply)(const ReplyContext&);

    Answer ok;  // the default answer to an accepted, ignored or quarantined request

    SignedRequest (*sign)(const Sample&, const SourceSecrets&);

    // The body that answers a verified call (a contact whose caller waits, usable or not) where no
    // brand claims it or nothing can be decided, so that nobody hears a line go dead. Everything
    // else whose caller waits is answered with `ok`. Empty: the provider has no calls.
    std::string_view call_fallback = {};

    // The WWW-Authenticate header of a 401, for providers that send their password when asked.
    std::string_view www_authenticate = {};

    Proof proof = {};

    // The provider repeats its handshake at least so often, and stops to deliver some time after
    // the last one that was answered: an alarm stands when none came for so long. Zero: it does not
    // repeat it.
    std::chrono::hours handshake_every{0};

    // The answer to a verified request in place of `ok`, or nothing where `ok` is right: for
    // requests that ask for something of their own (what to whisper, a page of deletion), whether
    // they parse to events or not. Null: `ok` always.
    std::optional<Answer> (*acknowledge)(const SourceRequest&, const SourceSecrets&) = nullptr;

    // Its events are e-mails: brands are found by the address that was written to, bodies may be as
    // large as mails are.
    bool is_mail = false;

    // The URL of the certificate that the request claims to be signed with, checked to be the
    // provider's own; nothing when there is none that may be fetched. `verify` then gets the
    // certificate in `public_keys`. Null: the provider signs without certificates.
    std::optional<std::string> (*certificate_url)(const SourceRequest&,
                                                  const SourceSecrets&) = nullptr;
};

}  // namespace tapline
