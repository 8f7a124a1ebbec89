// One thing received from a provider, in the one shape that everything behind the adapters knows.
//
// An adapter fills what its provider says and leaves the rest empty; `place` (routes/place.h)
// finds the brand's profile and button; `evaluate` (routes/evaluate.h) finds the route. An Event
// is a plain value; copying it copies everything.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tapline {

using Milliseconds = std::chrono::milliseconds;
// Wall-clock time, UTC. The only representation of a moment in routes, adapters and entries.
using Time = std::chrono::sys_time<Milliseconds>;

enum class Channel { call, text, email, dm, chat, post };
inline constexpr int kChannels = 6;

std::string_view to_string(Channel channel);
std::optional<Channel> parse_channel(std::string_view name);

// contact: a customer asks for something. tap: a click on our own link, before any contact.
// recorded: everything else (echo, receipt, status callback): a fact that asks for nothing.
enum class EventKind { contact, tap, recorded };

// Who the customer is, as far as the provider told. Empty strings mean "not told".
struct Customer {
    std::string platform_id;  // the provider's id of the person, scoped to the account
    std::string name;
    std::string phone;  // E.164
    std::string email;
    std::string handle;
};

struct Attachment {
    std::string type;  // "image", "audio", "share", ... as the provider names it
    std::string url;   // short-lived at most providers
    std::string name;
    std::uint64_t bytes = 0;  // 0: unknown
};

// Where and how a backend answers the customer.
struct ReplyAddress {
    std::string how;      // "instagram_dm", "sms", "call", "http", ...
    std::string account;  // the brand's account or line at the provider
    std::string to;       // the customer's address there
};

using Fields = std::vector<std::pair<std::string, std::string>>;

// A step of a phone call that an earlier contact founded, as telephony tells it: a fact of that
// contact's journey, or (missed, voicemail) a contact of the same journey.
struct CallStep {
    enum class Kind { other, ringing, answered, ended, leg_missed, missed, voicemail };

    std::string call;  // event_id of the contact that the call was
    Kind kind = Kind::other;
    std::optional<std::chrono::seconds> talk;  // ended: for how long they talked
    // missed: a department picked up and the caller was not connected, so an answer told before
    // does not count.
    bool never_bridged = false;
};

// The words by which a customer ends and begins to be written to.
enum class OptOut { stop, start };

struct Event {
    EventKind kind = EventKind::contact;
    std::string type;      // "contact.dm", "tap.call", "message.echo", "message.read", ...
    std::string event_id;  // unique per (provider, account), the same on every redelivery
    std::string provider;
    std::string connection;
    std::string brand;    // set when the URL or connection says it; else found by account or line
    std::string account;  // the brand's account id at the provider; "" where a line says it all
    Channel channel = Channel::dm;
    Time occurred_at{};
    Customer customer;

    // What the button is found by. At most one is usual; routes/place.h tells which wins.
    std::string ref;       // the free parameter of a link: a tracking number or a button name
    std::string line;      // E.164 number that was called or texted
    std::string address;   // e-mail address that was written to
    std::string button;    // named outright by the brand's own app
    std::string profile;   // the same
    std::string platform;  // what it came through, where no profile tells: "whatsapp"

    std::string text;
    std::string subject;
    std::string language;  // BCP 47 in lower case ("en", "pt-br"); "" when nothing says it
    std::vector<Attachment> attachments;
    std::optional<CallStep> call_step;
    std::optional<OptOut> opt_out;  // recorded: the customer's word, and nothing else
    // recorded: no account's and no line's, but every brand's that the connection serves.
    bool for_every_brand = false;
    bool is_public = false;
    bool caller_waits = false;  // a phone line is open: answer in any case
    std::string post_url;
    ReplyAddress reply;
    std::optional<Time> reply_before;  // the end of the platform's reply window
    Fields attribution;                // utm_*, click ids, ad ids: kept as they came
    std::string auth;                  // "signature", "api_key", "basic_auth", "none"
    std::string traceparent;

    // A second identity made of what was authenticated (for example our own MAC of the request),
    // where the provider's signature would let the id be altered. Empty: event_id alone.
    std::string replay_key;
    // The provider's conversation: all contacts of one are one journey, and its other events are
    // facts of that journey. Unique per (provider, account). Empty: each contact stands alone.
    std::string thread;
    // SHA-256 (hex) of what the sender may not change under the same event_id. Empty: not checked.
    std::string body_hash;
};

}  // namespace tapline
