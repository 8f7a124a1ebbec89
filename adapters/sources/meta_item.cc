#include "adapters/sources/meta_item.h"

#include "adapters/crypto.h"
#include "adapters/timestamp.h"

namespace tapline::meta {

std::optional<Time> time_of(const json::MaybeValue& value) {
    if (const auto number = json::integer_of(value)) return time_from_unix(*number);
    if (const auto text = json::text_of(value)) return time_from_text(*text);
    return std::nullopt;
}

std::string made_id(std::string_view kind, std::initializer_list<std::string_view> parts) {
    std::string glued;  // lengths keep the parts apart
    for (const std::string_view part : parts) {
        glued += std::to_string(part.size()) + ':';
        glued += part;
    }
    return std::string(kind) + ':' + sha256_hex(glued).substr(0, 40);
}

ItemEvent id_mistake(std::string_view path) {
    return tl::unexpected(std::string(path) + ": must be 1 to 512 bytes of text");
}

bool is_id(std::string_view id) {
    return !id.empty() && id.size() <= kIdBytesMax;
}

Event event_of(const Entry& entry, std::optional<Time> time) {
    Event event;
    event.provider = entry.product.provider;
    event.connection = entry.secrets.connection;
    event.account = entry.account;
    event.channel = Channel::dm;
    event.occurred_at = time ? *time : entry.time.value_or(entry.now);
    event.auth = "signature";
    return event;
}

void set_window(const Entry& entry, std::optional<Time> time, std::chrono::seconds window,
                Event& event) {
    if (time || entry.time) event.reply_before = event.occurred_at + window;
}

std::chrono::seconds reply_window(const SourceSecrets& secrets) {
    return secrets.reply_window.count() > 0 ? secrets.reply_window : kReplyWindow;
}

Event contact_of(const Entry& entry, const std::string& person, std::optional<Time> time) {
    Event event = event_of(entry, time);
    event.kind = EventKind::contact;
    event.type = "contact.dm";
    event.customer.platform_id = person;
    event.reply = {std::string(entry.product.reply_how), entry.account, person};
    set_window(entry, time, reply_window(entry.secrets), event);
    return event;
}

Event recorded_of(const Entry& entry, std::optional<Time> time, std::string type, std::string id) {
    Event event = event_of(entry, time);
    event.kind = EventKind::recorded;
    event.type = std::move(type);
    event.event_id = std::move(id);
    return event;
}

void ItemList::add(const json::Value& value, ItemEvent event) {
    parsed_.push_back({std::move(event), {}});
    values_.push_back(value);
    frames_.push_back(frame_);
}

Result<std::vector<ParsedItem>> ItemList::take() {
    if (is_over_full()) {
        return fail(ErrorCode::bad_request,
                    "more than " + std::to_string(kItemsMax) + " items in one request");
    }
    if (parsed_.size() > 1) {
        for (std::size_t i = 0; i < parsed_.size(); ++i) {
            parsed_[i].raw = framed(*frames_[i], values_[i]);
        }
    }
    return std::move(parsed_);
}

}  // namespace tapline::meta
