#include "adapters/sources/event_schema.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "adapters/crypto.h"
#include "adapters/phone.h"
#include "adapters/timestamp.h"
#include "adapters/traceparent.h"
#include "adapters/utf8.h"
#include "routes/language.h"

namespace tapline {
namespace {

using json::MaybeValue;
using json::Value;
using Names = std::string_view;

constexpr std::size_t kIdMax = 256;
constexpr std::size_t kNameMax = 256;
constexpr std::size_t kTextMax = 64u << 10;
constexpr std::size_t kSubjectMax = 1000;
constexpr std::size_t kUrlMax = 2048;
constexpr std::size_t kEmailMax = 254;
constexpr std::size_t kListMax = 32;
constexpr std::size_t kMistakesMax = 8;
constexpr std::int64_t kBytesMax = 9007199254740991;  // what any reader of JSON keeps exactly

// Of an event, in the order in which read_event_data numbers them.
constexpr std::array<Names, 18> kMembers = {
    "id",          "channel",     "button",     "profile",     "line",        "address",
    "text",        "subject",     "customer",   "occurred_at", "ref",         "campaign",
    "attribution", "attachments", "visibility", "post_url",    "traceparent", "language"};

// Reads members and gathers what is wrong with them; a wrong member reads as empty.
class Reader {
  public:
    explicit Reader(std::string prefix) : prefix_(std::move(prefix)) {}

    void mistake(std::string_view path, std::string_view must, const MaybeValue& got) {
        if (count_++ >= kMistakesMax) return;
        if (!mistakes_.empty()) mistakes_ += "; ";
        mistakes_ += prefix_;
        mistakes_ += path;
        mistakes_ += ": ";
        mistakes_ += must;
        if (got) mistakes_ += "; got " + json::describe(*got);
    }

    std::string text(const MaybeValue& value, std::string_view path, std::size_t bytes_max) {
        if (!value) return {};
        const auto found = json::text_of(value);
        if (!found || found->size() > bytes_max) {
            mistake(path, "must be text of at most " + std::to_string(bytes_max) + " bytes", value);
            return {};
        }
        return std::string(*found);
    }

    // Text without control characters: what becomes part of keys, names and addresses.
    std::string token(const MaybeValue& value, std::string_view path, std::size_t bytes_max) {
        std::string found = text(value, path, bytes_max);
        const bool clean = std::all_of(found.begin(), found.end(), [](char c) {
            return static_cast<unsigned char>(c) >= 0x20 && c != '\x7F';
        });
        if (clean) return found;
        mistake(path, "must not hold control characters", value);
        return {};
    }

    std::string phone(const MaybeValue& value, std::string_view path) {
        if (!value) return {};
        const auto found = json::text_of(value);
        if (found && is_e164(*found)) return std::string(*found);
        mistake(path, "must be E.164 such as +14045550100", value);
        return {};
    }

    std::string email(const MaybeValue& value, std::string_view path) {
        std::string found = token(value, path, kEmailMax);
        if (found.empty()) return found;
        const std::size_t at = found.find('@');
        const bool shape = at != std::string::npos && at > 0 && at + 1 < found.size() &&
                           found.find('@', at + 1) == std::string::npos &&
                           found.find_first_of(" ,;<>\"()") == std::string::npos;
        if (shape) return found;
        mistake(path, "must be one e-mail address such as jane@acme.example", value);
        return {};
    }

    std::string http_url(const MaybeValue& value, std::string_view path) {
        std::string found = token(value, path, kUrlMax);
        if (found.empty() || found.starts_with("https://") || found.starts_with("http://")) {
            return found;
        }
        mistake(path, "must be an http or https URL", value);
        return {};
    }

    const std::string& mistakes() const { return mistakes_; }

  private:
    std::string prefix_;
    std::string mistakes_;
    std::size_t count_ = 0;
};

void read_customer(Reader& reader, const MaybeValue& value, Customer& customer) {
    if (!value) return;
    enum { id, name, phone, email, handle, count };
    const auto named =
        json::members(*value, std::array<Names, count>{"id", "name", "phone", "email", "handle"});
    if (!named) return reader.mistake("/customer", named.error(), std::nullopt);
    const auto& n = *named;
    customer.platform_id = reader.token(n[id], "/customer/id", kNameMax);
    customer.name = reader.text(n[name], "/customer/name", kNameMax);
    customer.phone = reader.phone(n[phone], "/customer/phone");
    customer.email = reader.email(n[email], "/customer/email");
    customer.handle = reader.token(n[handle], "/customer/handle", kNameMax);
}

void read_attribution(Reader& reader, const MaybeValue& value, Fields& fields) {
    if (!value) return;
    const auto object = json::object_of(value);
    if (!object) return reader.mistake("/attribution", "must be an object", value);
    for (const auto& [key, member] : *object) {
        const std::string path = "/attribution/" + std::string(utf8_prefix(key, 64));
        const bool repeated = std::any_of(fields.begin(), fields.end(),
                                          [&, name = key](auto& f) { return f.first == name; });
        if (repeated) return reader.mistake(path, "stands twice (campaign is utm_campaign)", {});
        if (fields.size() == kListMax) {
            return reader.mistake("/attribution", "must have at most 32 members", {});
        }
        if (key.empty() || key.size() > 64) {
            return reader.mistake(path, "must have a name of 1 to 64 bytes", {});
        }
        std::string scalar = json::scalar_of(member);
        const bool is_text = member.is_string();
        if ((scalar.empty() && !is_text) || scalar.size() > 1024) {
            return reader.mistake(path, "must be text, a number or a boolean of at most 1024 bytes",
                                  member);
        }
        fields.emplace_back(key, std::move(scalar));
    }
}

void read_attachments(Reader& reader, const MaybeValue& value, std::vector<Attachment>& out) {
    if (!value) return;
    const auto list = json::array_of(value);
    if (!list) return reader.mistake("/attachments", "must be a list", value);
    for (const Value& element : *list) {
        const std::string path = "/attachments/" + std::to_string(out.size());
        if (out.size() == kListMax) return reader.mistake("/attachments", "must be at most 32", {});
        enum { type, url, name, bytes, count };
        const auto named =
            json::members(element, std::array<Names, count>{"type", "url", "name", "bytes"});
        if (!named) return reader.mistake(path, named.error(), std::nullopt);
        const auto& n = *named;
        Attachment attachment;
        attachment.type = reader.token(n[type], path + "/type", kNameMax);
        attachment.url = reader.http_url(n[url], path + "/url");
        attachment.name = reader.text(n[name], path + "/name", kNameMax);
        if (n[bytes]) {
            const auto size = json::integer_of(n[bytes]);
            if (!size || *size < 0 || *size > kBytesMax) {
                reader.mistake(path + "/bytes", "must be a whole number from 0 to 2^53 - 1",
                               n[bytes]);
            }
            attachment.bytes = static_cast<std::uint64_t>(size.value_or(0));
        }
        out.push_back(std::move(attachment));
    }
}

Time read_time(Reader& reader, const MaybeValue& value, const EventEnvelope& envelope, Time now) {
    if (!value && envelope.time.empty()) return now;
    std::optional<Time> time;
    if (const auto number = json::integer_of(value)) {
        time = time_from_unix(*number);
    } else if (const auto text = json::text_of(value)) {
        time = time_from_iso(*text);
    } else if (!value) {
        time = time_from_iso(envelope.time);
    }
    if (time) return *time;
    reader.mistake(value ? "/occurred_at" : "/time",
                   "must be RFC 3339 such as 2026-03-09T12:30:00Z or milliseconds since 1970",
                   value);
    return now;
}

Channel read_channel(Reader& reader, const MaybeValue& value) {
    const auto text = json::text_of(value);
    const auto channel = text ? parse_channel(*text) : std::nullopt;
    if (channel) return *channel;
    std::string must = "must be one of call, text, email, dm, chat, post";
    if (text) must += "; got " + json::quoted(utf8_prefix(*text, 40));
    reader.mistake("/channel", value ? must : must + "; it is missing",
                   text ? std::nullopt : value);
    return Channel::dm;
}

void read_visibility(Reader& reader, const MaybeValue& value, Event& event) {
    event.is_public = event.channel == Channel::post;
    if (!value) return;
    const auto text = json::text_of(value);
    if (text != "public" && text != "private") {
        return reader.mistake("/visibility", "must be \"public\" or \"private\"", value);
    }
    event.is_public = text == "public";
}

// How the customer can be answered, as far as what was told about them allows.
ReplyAddress reply_of(const Event& event) {
    const Customer& customer = event.customer;
    switch (event.channel) {
        case Channel::call:
            return {"call", event.line, customer.phone};
        case Channel::text:
            return {"sms", event.line, customer.phone};
        case Channel::email:
            return {"email", event.address, customer.email};
        default:
            return {};
    }
}

void read_ids(Reader& reader, const MaybeValue& id, const EventEnvelope& envelope, Event& event) {
    if (!envelope.id.empty()) {
        event.event_id = envelope.id;
        // A CloudEvent's id is unique within its source only.
        event.account = envelope.source;
        return;
    }
    event.event_id = reader.token(id, "/id", kIdMax);
    if (event.event_id.empty() && reader.mistakes().empty()) {
        reader.mistake("/id", "must be 1 to 256 bytes, the same whenever this event is sent", id);
    }
}

// The same for the same `data`, however its envelope is sent: in one mode or the other, members in
// any order, another trace at each try. Lengths keep the parts apart.
std::string body_hash(const Value& data, const EventEnvelope& envelope) {
    if (!envelope.is_cloud_event) return sha256_hex(json::minified(data));
    Fields attributes = envelope.attributes;
    std::erase_if(attributes, [](const auto& attribute) {
        return attribute.first == "traceparent" || attribute.first == "tracestate" ||
               attribute.first == "datacontenttype";
    });
    std::sort(attributes.begin(), attributes.end());
    std::string glued;
    const auto add = [&](std::string_view part) {
        glued += std::to_string(part.size()) + ':';
        glued += part;
    };
    for (const auto& [name, value] : attributes) {
        add(name);
        add(value);
    }
    add(json::minified(data));
    return sha256_hex(glued);
}

// Every member of the envelope but its data.
Fields attributes_of(const Value& event) {
    Fields attributes;
    const auto object = json::object_of(event);
    if (!object) return attributes;
    for (const auto& [name, value] : *object) {
        if (name == "data" || name == "data_base64" || value.is_null()) continue;
        const std::string scalar = json::scalar_of(value);
        const bool is_scalar = !scalar.empty() || value.is_string();
        attributes.emplace_back(name, is_scalar ? scalar : json::minified(value));
    }
    return attributes;
}

}  // namespace

tl::expected<Event, std::string> read_event_data(const Value& data, const EventEnvelope& envelope,
                                                 Time now) {
    enum {
        id,
        channel,
        button,
        profile,
        line,
        address,
        text,
        subject,
        customer,
        occurred_at,
        ref,
        campaign,
        attribution,
        attachments,
        visibility,
        post_url,
        traceparent,
        language,
        count
    };
    static_assert(count == kMembers.size());
    Reader reader(envelope.is_cloud_event ? "/data" : "");
    const auto named = json::members(data, kMembers);
    if (!named) {
        return tl::unexpected((envelope.is_cloud_event ? "/data: " : "the event ") + named.error());
    }
    const auto& n = *named;
    Event event;
    event.provider = "events";
    read_ids(reader, n[id], envelope, event);
    event.channel = envelope.channel ? *envelope.channel : read_channel(reader, n[channel]);
    event.type = "contact." + std::string(to_string(event.channel));
    event.button = reader.token(n[button], "/button", kNameMax);
    event.profile = reader.token(n[profile], "/profile", kNameMax);
    event.line = reader.phone(n[line], "/line");
    event.address = reader.email(n[address], "/address");
    event.text = reader.text(n[text], "/text", kTextMax);
    event.subject = reader.text(n[subject], "/subject", kSubjectMax);
    event.language = language_tag(reader.text(n[language], "/language", kNameMax));
    read_customer(reader, n[customer], event.customer);
    event.occurred_at = read_time(reader, n[occurred_at], envelope, now);
    event.ref = reader.token(n[ref], "/ref", kUrlMax);
    std::string named_campaign = reader.token(n[campaign], "/campaign", kNameMax);
    if (!named_campaign.empty()) {
        event.attribution.emplace_back("utm_campaign", std::move(named_campaign));
    }
    read_attribution(reader, n[attribution], event.attribution);
    read_attachments(reader, n[attachments], event.attachments);
    read_visibility(reader, n[visibility], event);
    event.post_url = reader.http_url(n[post_url], "/post_url");
    const std::string_view trace = json::text_of(n[traceparent]).value_or(envelope.traceparent);
    if (is_traceparent(trace)) event.traceparent = trace;
    event.reply = reply_of(event);
    if (!reader.mistakes().empty()) return tl::unexpected(reader.mistakes());
    event.body_hash = body_hash(data, envelope);
    return event;
}

tl::expected<Event, std::string> read_event(const Value& value, Time now) {
    enum { specversion, id, source, type, time, data, data_base64, traceparent, count };
    const auto named =
        json::members(value, std::array<Names, count>{"specversion", "id", "source", "type", "time",
                                                      "data", "data_base64", "traceparent"});
    if (!named) return tl::unexpected("the event " + named.error());
    const auto& n = *named;
    if (!n[specversion]) return read_event_data(value, {}, now);

    Reader reader("");
    EventEnvelope envelope;
    envelope.is_cloud_event = true;
    if (json::text_of(n[specversion]) != "1.0") {
        reader.mistake("/specversion", "must be \"1.0\"", n[specversion]);
    }
    envelope.id = reader.token(n[id], "/id", kIdMax);
    envelope.source = reader.token(n[source], "/source", kNameMax);
    envelope.time = reader.token(n[time], "/time", kNameMax);
    envelope.traceparent = std::string(json::text_of(n[traceparent]).value_or(""));
    envelope.attributes = attributes_of(value);
    if (envelope.id.empty()) reader.mistake("/id", "must be 1 to 256 bytes", {});
    if (envelope.source.empty()) reader.mistake("/source", "must be 1 to 256 bytes", {});
    if (reader.token(n[type], "/type", kNameMax).empty()) {
        reader.mistake("/type", "must be 1 to 256 bytes", {});
    }
    if (!n[data]) {
        reader.mistake(n[data_base64] ? "/data_base64" : "/data",
                       "the event must stand in \"data\" as JSON", {});
    }
    if (!reader.mistakes().empty()) return tl::unexpected(reader.mistakes());
    return read_event_data(*n[data], envelope, now);
}

std::string id_of_event(const Value& value) {
    const auto named = json::members(value, std::array<Names, 1>{"id"});
    if (!named) return {};
    Reader reader("");
    return reader.token(named->front(), "/id", kIdMax);
}

std::string unlisted_member(const Value& value) {
    const auto envelope = json::members(value, std::array<Names, 2>{"specversion", "data"});
    if (!envelope) return {};
    const auto& [specversion, data] = *envelope;
    const auto event = json::object_of(specversion ? data : MaybeValue(value));
    if (!event) return {};
    for (const auto& [key, member] : *event) {
        if (std::find(kMembers.begin(), kMembers.end(), key) == kMembers.end()) {
            return std::string(utf8_prefix(key, 64));
        }
    }
    return {};
}

}  // namespace tapline
