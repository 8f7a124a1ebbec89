// WhatsApp Cloud API: messages to a brand's WhatsApp number, click-to-WhatsApp ads, statuses.
//
// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
// Secrets: the app secret of the Meta app; verify_token for the handshake.
//
//     {"object":"whatsapp_business_account","entry":[{"id":"WABA","changes":[{"field":"messages",
//       "value":{"messaging_product":"whatsapp",
//         "metadata":{"display_phone_number":"15550783881","phone_number_id":"1065"},
//         "contacts":[{"profile":{"name":"Sam"},"wa_id":"16505551234"}],
//         "messages":[{"from":"16505551234","id":"wamid.A","timestamp":"1749416383","type":"text",
//           "text":{"body":"Is it in stock?"}}]}}]}]}
//
// The account is metadata.phone_number_id; display_phone_number is for people and not stable. One
// change holds messages[], statuses[] of what the brand sent (several for each message, in any
// order) and errors[]; each is an event. Other fields (templates, account updates, echoes of the
// brand's own app, its history) are recorded. Links to WhatsApp carry no `ref`: the tracking number
// stands in the customer's text and is found there.
//
// A message's id holds its sender's phone number in base64, so what is only recorded is known by a
// hash of it.
#include <array>
#include <string>

#include "adapters/crypto.h"
#include "adapters/sources/meta.h"
#include "adapters/sources/meta_fields.h"
#include "adapters/sources/meta_item.h"
#include "adapters/sources/meta_person.h"
#include "adapters/sources/table.h"
#include "adapters/sources/whatsapp_message.h"

namespace tapline {
namespace {

using json::MaybeValue;
using json::Value;
using meta::Entry;
using meta::ItemEvent;
using meta::ItemList;
using Names = std::string_view;
using Problem = tl::unexpected<std::string>;

constexpr std::string_view kProvider = "whatsapp";
constexpr meta::Product kProduct = {kProvider, "whatsapp"};
constexpr std::size_t kStatusBytesMax = 32;

// Where an entry was found, for changes that name no number of the brand.
struct Reading {
    const SourceSecrets& secrets;
    Time now;
    std::optional<Time> time;
    std::string business;  // entry.id, the WhatsApp business account
};

// {"id","status","timestamp","conversation":{"origin":{"type"}},"pricing":{...},"errors":[...]}
ItemEvent status_event(const Entry& entry, const Value& value, const std::string& path) {
    enum { id, status, timestamp, conversation, pricing, errors, count };
    const auto named = json::members(
        value,
        std::array<Names, count>{"id", "status", "timestamp", "conversation", "pricing", "errors"});
    if (!named) return Problem(path + ": " + named.error());
    const auto& s = *named;
    const std::string own = json::id_of(s[id]);
    const std::string what = json::id_of(s[status]);
    if (!meta::is_id(own)) return meta::id_mistake(path + "/id");
    if (what.empty() || what.size() > kStatusBytesMax) {
        return Problem(path + "/status: must be 1 to 32 bytes of text");
    }
    Event event = meta::recorded_of(entry, meta::time_of(s[timestamp]), "message.status",
                                    meta::made_id("status", {entry.account, own, what}));
    meta::add_field("message.status", what, event);
    meta::add_field("message.id_sha256", sha256_hex(own), event);
    if (s[conversation]) {
        const auto origin = json::members(*s[conversation], std::array<Names, 1>{"origin"});
        if (origin) meta::add_fields((*origin)[0], "message.conversation_origin.", event);
    }
    meta::add_fields(s[pricing], "message.pricing.", event);
    const auto list = json::array_of(s[errors]);
    if (!list || list->size() == 0) return event;
    const auto error = json::members(*list->begin(), std::array<Names, 2>{"code", "title"});
    if (error) meta::add_field("message.error_code", (*error)[0], event);
    if (error) meta::add_field("message.error_title", (*error)[1], event);
    return event;
}

ItemEvent error_event(const Entry& entry, const Value& value, const std::string& path) {
    const auto named = json::members(value, std::array<Names, 2>{"code", "title"});
    if (!named) return Problem(path + ": " + named.error());
    Event event = meta::recorded_of(entry, std::nullopt, "account.error",
                                    meta::made_id("error", {entry.account, json::minified(value)}));
    meta::add_field("message.error_code", (*named)[0], event);
    meta::add_field("message.error_title", (*named)[1], event);
    return event;
}

void add_messages(const Reading& reading, const Value& value, const std::string& path,
                  ItemList& items) {
    enum { metadata, contacts, messages, statuses, errors, count };
    const auto named = json::members(
        value, std::array<Names, count>{"metadata", "contacts", "messages", "statuses", "errors"});
    if (!named) return items.add(value, Problem(path + ": " + named.error()));
    const auto& n = *named;
    if (!n[metadata]) return items.add(value, Problem(path + "/metadata: is missing"));
    const auto number = json::members(*n[metadata], std::array<Names, 1>{"phone_number_id"});
    if (!number) return items.add(value, Problem(path + "/metadata: " + number.error()));
    const Entry entry{kProduct, json::id_of((*number)[0]), reading.time, reading.secrets,
                      reading.now};
    if (!meta::is_id(entry.account)) {
        return items.add(value, meta::id_mistake(path + "/metadata/phone_number_id"));
    }
    const auto people = whatsapp::read_contacts(n[contacts]);
    const std::string beside = short_member("metadata", n[metadata]);
    items.add_each(value, n[messages], path + "/messages",
                   beside + short_member("contacts", n[contacts]),
                   [&](const Value& item, const std::string& where) {
                       return whatsapp::message_event(entry, people, item, where);
                   });
    items.add_each(value, n[statuses], path + "/statuses", beside,
                   [&](const Value& item, const std::string& where) {
                       return status_event(entry, item, where);
                   });
    items.add_each(value, n[errors], path + "/errors", beside,
                   [&](const Value& item, const std::string& where) {
                       return error_event(entry, item, where);
                   });
}

// The number that a change of another field is about, else the business account.
std::string account_of(const Reading& reading, const Value& value) {
    const auto named = json::members(value, std::array<Names, 1>{"metadata"});
    if (!named || !(*named)[0]) return reading.business;
    const auto number = json::members(*(*named)[0], std::array<Names, 1>{"phone_number_id"});
    std::string id = number ? json::id_of((*number)[0]) : std::string();
    return meta::is_id(id) ? id : reading.business;
}

void add_change(const Reading& reading, const Value& change, const std::string& path,
                ItemList& items) {
    const auto named = json::members(change, std::array<Names, 2>{"field", "value"});
    if (!named) return items.add(change, Problem(path + ": " + named.error()));
    const auto field = json::text_of((*named)[0]);
    const MaybeValue& value = (*named)[1];
    if (!field) return items.add(change, Problem(path + "/field: must be text"));
    if (!value) return items.add(change, Problem(path + "/value: is missing"));
    if (*field == "messages") {
        ItemList::Outer outer = items.enter("{\"field\":\"messages\",\"value\":", "}");
        add_messages(reading, *value, path + "/value", items);
        return items.leave(std::move(outer));
    }
    const Entry entry{kProduct, account_of(reading, *value), reading.time, reading.secrets,
                      reading.now};
    Event event = meta::recorded_of(
        entry, std::nullopt, *field == "smb_message_echoes" ? "message.echo" : "change.other",
        meta::made_id("change", {entry.account, *field, json::minified(*value)}));
    meta::add_field("change.field", *field, event);
    items.add(change, std::move(event));
}

void add_entry(const Value& value, const std::string& path, Reading& reading, ItemList& items) {
    const auto named = json::members(value, std::array<Names, 3>{"id", "time", "changes"});
    if (!named) return items.add(value, Problem(path + ": " + named.error()));
    const auto& [id, time, changes] = *named;
    reading.business = json::id_of(id);
    reading.time = meta::time_of(time);
    if (reading.business == meta::kDashboardTestEntry) return;
    if (!meta::is_id(reading.business)) return items.add(value, meta::id_mistake(path + "/id"));
    const auto list = json::array_of(changes);
    if (!list) return items.add(value, Problem(path + "/changes: must be a list"));
    ItemList::Outer outer = items.enter(
        '{' + short_member("id", id) + short_member("time", time) + "\"changes\":[", "]}");
    std::size_t at = 0;
    for (const Value& change : *list) {
        if (items.is_over_full()) break;
        add_change(reading, change, path + "/changes/" + std::to_string(at++), items);
    }
    items.leave(std::move(outer));
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    if (is_person_path(request.rest)) return parse_person(request, secrets, kProvider, now);
    const auto root = json::parse(request.body);
    if (!root) return tl::unexpected(root.error());
    const auto named = json::members(*root, std::array<Names, 3>{"object", "entry", "field"});
    if (!named) return fail(ErrorCode::bad_request, "the body " + named.error());
    const auto& [object, entry, field] = *named;
    ItemList items;
    // The dashboard's "Test" button may send {"field","value"} without an entry.
    if (!entry && field) return items.take();
    if (object && json::text_of(object).value_or("") != "whatsapp_business_account") {
        return fail(ErrorCode::bad_request, "/object: must be \"whatsapp_business_account\"");
    }
    const auto entries = json::array_of(entry);
    if (!entries) return fail(ErrorCode::bad_request, "/entry: must be a list");
    items.enter('{' + member("object", object) + "\"entry\":[", "]}");
    Reading reading{secrets, now, std::nullopt, {}};
    std::size_t index = 0;
    for (const Value& value : *entries) {
        if (items.is_over_full()) break;
        add_entry(value, "/entry/" + std::to_string(index++), reading, items);
    }
    return items.take();
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    std::string body = sample.body;
    if (body.empty()) {
        const std::string account = sample.to.empty() ? "106500000000001" : sample.to;
        std::string from =
            sample.from.empty() ? "1404555" + sample_digits(sample.random, 4) : sample.from;
        if (from.starts_with('+')) from.erase(0, 1);
        const std::string id = sample.id.empty() ? "wamid." + sample.random : sample.id;
        const std::string seconds = std::to_string(
            std::chrono::floor<std::chrono::seconds>(sample.now).time_since_epoch().count());
        const bool has_phone = from.find_first_not_of("0123456789") == std::string::npos;
        const std::string who = json::quoted(from);
        body =
            R"({"object":"whatsapp_business_account","entry":[{"id":"102200000000001","changes":)"
            R"([{"field":"messages","value":{"messaging_product":"whatsapp","metadata":)"
            R"({"display_phone_number":"18005550102","phone_number_id":)" +
            json::quoted(account) + R"(},"contacts":[{"profile":{"name":""},")" +
            (has_phone ? "wa_id" : "user_id") + "\":" + who + R"(}],"messages":[{")" +
            (has_phone ? "from" : "from_user_id") + "\":" + who + R"(,"id":)" + json::quoted(id) +
            R"(,"timestamp":")" + seconds + R"(","type":"text","text":{"body":)" +
            json::quoted(sample.text) + "}}]}}]}]}";
    }
    return meta_signed(sample, secrets, std::move(body));
}

}  // namespace

Source whatsapp_source() {
    Source source{kProvider,
                  "WhatsApp Cloud API: messages, click-to-WhatsApp ads, statuses",
                  meta_challenge,
                  meta_verify,
                  parse,
                  nullptr,
                  {200, "text/plain; charset=utf-8", "EVENT_RECEIVED"},
                  sign};
    source.acknowledge = meta_acknowledge;
    return source;
}

}  // namespace tapline
