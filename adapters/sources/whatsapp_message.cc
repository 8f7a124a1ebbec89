#include "adapters/sources/whatsapp_message.h"

#include <algorithm>
#include <array>

#include "adapters/phone.h"
#include "adapters/sources/meta_fields.h"

namespace tapline::whatsapp {
namespace {

using json::MaybeValue;
using json::Value;
using meta::Entry;
using meta::ItemEvent;
using Names = std::string_view;
using Problem = tl::unexpected<std::string>;

constexpr std::size_t kContactsMax = 1000;
constexpr std::size_t kCardsMax = 32;
constexpr std::size_t kResponseBytesMax = 16u << 10;

std::string words(const MaybeValue& value) {
    return std::string(json::text_of(value).value_or(""));
}

// Who sent it, in all the forms in which that is told.
struct Sender {
    std::string from, user_id, parent_user_id;

    const std::string& id() const { return user_id.empty() ? from : user_id; }
    std::string phone() const {
        std::string number = '+' + from;
        return is_e164(number) ? number : std::string();
    }
};

const Contact* contact_of(const Sender& sender, const std::vector<Contact>& contacts) {
    const auto is_it = [&](const Contact& contact) {
        const bool by_phone = !contact.wa_id.empty() && contact.wa_id == sender.from;
        return by_phone || (!contact.user_id.empty() && contact.user_id == sender.id());
    };
    const auto found = std::find_if(contacts.begin(), contacts.end(), is_it);
    if (found != contacts.end()) return &*found;
    // In some countries wa_id has a digit more or less than `from`.
    return contacts.size() == 1 ? &contacts.front() : nullptr;
}

void set_customer(const Sender& sender, const std::vector<Contact>& contacts, Event& event) {
    event.customer.platform_id = sender.id();
    event.customer.phone = sender.phone();
    meta::add_field("customer.parent_user_id", sender.parent_user_id, event);
    const Contact* contact = contact_of(sender, contacts);
    if (contact == nullptr) return;
    event.customer.name = contact->name;
    event.customer.handle = contact->username;
    if (sender.user_id.empty() && !contact->user_id.empty()) {
        event.customer.platform_id = contact->user_id;
    }
}

struct Message {
    std::string type;
    MaybeValue content;  // the member that has the type's name
    Event& event;
};

// {"id","mime_type","sha256","caption","filename"}: the file is fetched from Meta by its id.
void read_media(const Message& message) {
    enum { id, mime_type, sha256, caption, filename, url, count };
    const auto named = json::members(
        *message.content,
        std::array<Names, count>{"id", "mime_type", "sha256", "caption", "filename", "url"});
    if (!named) return;
    const auto& m = *named;
    Event& event = message.event;
    event.text = words(m[caption]);
    event.attachments.push_back({message.type, words(m[url]), words(m[filename]), 0});
    meta::add_field("media.id", m[id], event);
    meta::add_field("media.mime_type", m[mime_type], event);
    meta::add_field("media.sha256", m[sha256], event);
}

// As "geo:37.48,-122.15" (RFC 5870), with name and address as the attachment's name.
void read_location(const Message& message) {
    enum { latitude, longitude, name, address, count };
    const auto named = json::members(
        *message.content, std::array<Names, count>{"latitude", "longitude", "name", "address"});
    if (!named) return;
    const auto& m = *named;
    Attachment attachment;
    attachment.type = "location";
    if (m[latitude] && m[longitude]) {
        attachment.url =
            "geo:" + json::scalar_of(*m[latitude]) + ',' + json::scalar_of(*m[longitude]);
    }
    attachment.name = words(m[name]);
    const std::string where = words(m[address]);
    if (!attachment.name.empty() && !where.empty()) attachment.name += ", ";
    attachment.name += where;
    message.event.attachments.push_back(std::move(attachment));
}

// The first phone number of a contact card, as "tel:+16505551234".
std::string card_url(const MaybeValue& phones) {
    const auto list = json::array_of(phones);
    if (!list) return {};
    for (const Value& phone : *list) {
        const auto named = json::members(phone, std::array<Names, 2>{"phone", "wa_id"});
        if (!named) continue;
        const std::string digits = json::id_of((*named)[1]);
        const std::string number = digits.empty() ? words((*named)[0]) : '+' + digits;
        if (!number.empty()) return "tel:" + number;
    }
    return {};
}

// Contact cards that the customer passes on.
void read_cards(const Message& message) {
    const auto list = json::array_of(message.content);
    if (!list) return;
    for (const Value& card : *list) {
        if (message.event.attachments.size() == kCardsMax) return;
        const auto named = json::members(card, std::array<Names, 2>{"name", "phones"});
        if (!named) continue;
        Attachment attachment;
        attachment.type = "contact";
        attachment.url = card_url((*named)[1]);
        if ((*named)[0]) {
            const auto name = json::members(*(*named)[0], std::array<Names, 1>{"formatted_name"});
            if (name) attachment.name = words((*name)[0]);
        }
        message.event.attachments.push_back(std::move(attachment));
    }
}

// {"type":"list_reply","list_reply":{"id","title","description"}}, button_reply alike, and
// nfm_reply, the answers to a form, as JSON in a text.
void read_interactive(const Message& message) {
    const auto named = json::members(
        *message.content, std::array<Names, 4>{"type", "button_reply", "list_reply", "nfm_reply"});
    if (!named) return;
    const auto& [type, button, list, form] = *named;
    Event& event = message.event;
    meta::add_field("interactive.type", type, event);
    const MaybeValue& reply = button ? button : list ? list : form;
    if (!reply) return;
    enum { id, title, description, name, body, response, count };
    const auto members = json::members(
        *reply,
        std::array<Names, count>{"id", "title", "description", "name", "body", "response_json"});
    if (!members) return;
    const auto& m = *members;
    event.text = words(m[title] ? m[title] : m[body]);
    meta::add_field("interactive.id", m[id], event);
    meta::add_field("interactive.description", m[description], event);
    meta::add_field("interactive.name", m[name], event);
    const std::string answers = words(m[response]);
    const bool fits = !answers.empty() && answers.size() <= kResponseBytesMax;
    if (fits) event.attribution.emplace_back("interactive.response_json", answers);
}

// A template's button: {"text","payload"}.
void read_button(const Message& message) {
    const auto named = json::members(*message.content, std::array<Names, 2>{"text", "payload"});
    if (!named) return;
    message.event.text = words((*named)[0]);
    meta::add_field("button.payload", (*named)[1], message.event);
}

// {"catalog_id","text","product_items":[{"product_retailer_id","quantity",...}]}
void read_order(const Message& message) {
    const auto named = json::members(*message.content, std::array<Names, 1>{"text"});
    if (named) message.event.text = words((*named)[0]);
    meta::add_fields(message.content, "order.", message.event);
}

void read_text(const Message& message) {
    const auto named = json::members(*message.content, std::array<Names, 1>{"body"});
    if (named) message.event.text = words((*named)[0]);
}

void read_content(const Message& message) {
    using Read = void (*)(const Message&);
    constexpr std::array<std::pair<Names, Read>, 11> kReaders = {{
        {"text", read_text},
        {"image", read_media},
        {"video", read_media},
        {"audio", read_media},
        {"document", read_media},
        {"sticker", read_media},
        {"location", read_location},
        {"contacts", read_cards},
        {"interactive", read_interactive},
        {"button", read_button},
        {"order", read_order},
    }};
    const auto found = std::find_if(kReaders.begin(), kReaders.end(), [&](const auto& reader) {
        return reader.first == message.type;
    });
    if (found == kReaders.end()) {
        meta::add_field("message.unsupported", "true", message.event);
    } else if (message.content) {
        found->second(message);
    }
}

// {"from","id","forwarded","frequently_forwarded","referred_product"}: what it answers or repeats.
void read_context(const MaybeValue& context, Event& event) {
    if (!context) return;
    enum { id, forwarded, often, product, count };
    const auto named = json::members(
        *context,
        std::array<Names, count>{"id", "forwarded", "frequently_forwarded", "referred_product"});
    if (!named) return;
    const auto& c = *named;
    meta::add_field("reply_to.mid", c[id], event);
    meta::add_field("message.forwarded", c[forwarded], event);
    meta::add_field("message.frequently_forwarded", c[often], event);
    meta::add_fields(c[product], "referral.product.", event);
}

// The kinds that ask for nothing, and what they are recorded as.
std::string_view recorded_type(std::string_view type) {
    constexpr std::array<std::pair<Names, Names>, 5> kTypes = {{
        {"reaction", "message.reaction"},
        {"system", "message.system"},
        {"request_welcome", "dm.opened"},
        {"revoke", "message.deleted"},
        {"edit", "message.edited"},
    }};
    for (const auto& [kind, recorded] : kTypes) {
        if (kind == type) return recorded;
    }
    return {};
}

ItemEvent notice_event(const Entry& entry, std::string_view type, const std::string& id,
                       std::optional<Time> time) {
    // The id of the notice is its own; the kind in front keeps it apart from a message's.
    return meta::recorded_of(entry, time, std::string(recorded_type(type)),
                             meta::made_id(type, {entry.account, id}));
}

}  // namespace

std::vector<Contact> read_contacts(const MaybeValue& contacts) {
    std::vector<Contact> found;
    const auto list = json::array_of(contacts);
    if (!list) return found;
    for (const Value& value : *list) {
        if (found.size() == kContactsMax) break;
        const auto named =
            json::members(value, std::array<Names, 3>{"profile", "wa_id", "user_id"});
        if (!named) continue;
        Contact contact{json::id_of((*named)[1]), json::id_of((*named)[2]), {}, {}};
        if ((*named)[0]) {
            const auto profile =
                json::members(*(*named)[0], std::array<Names, 2>{"name", "username"});
            if (profile) contact.name = words((*profile)[0]);
            if (profile) contact.username = words((*profile)[1]);
        }
        found.push_back(std::move(contact));
    }
    return found;
}

ItemEvent message_event(const Entry& entry, const std::vector<Contact>& contacts,
                        const Value& value, const std::string& path) {
    enum { id, from, user_id, parent, timestamp, type, context, referral, errors, group, count };
    const auto named =
        json::members(value, std::array<Names, count>{"id", "from", "from_user_id",
                                                      "from_parent_user_id", "timestamp", "type",
                                                      "context", "referral", "errors", "group_id"});
    if (!named) return Problem(path + ": " + named.error());
    const auto& m = *named;
    const std::string own = json::id_of(m[id]);
    if (!meta::is_id(own)) return meta::id_mistake(path + "/id");
    const std::string_view kind = json::text_of(m[type]).value_or("");
    const auto time = meta::time_of(m[timestamp]);
    if (!recorded_type(kind).empty()) return notice_event(entry, kind, own, time);
    const Sender sender{json::id_of(m[from]), json::id_of(m[user_id]), json::id_of(m[parent])};
    if (!meta::is_id(sender.id()) || sender.from.size() > meta::kIdBytesMax)
        return meta::id_mistake(path + "/from");

    Event event = meta::contact_of(entry, sender.from.empty() ? sender.id() : sender.from, time);
    event.event_id = own;
    set_customer(sender, contacts, event);
    meta::add_referral(m[referral], event);
    const auto content = json::members(value, std::array<Names, 1>{kind});
    if (!content) return Problem(path + ": " + content.error());
    read_content({std::string(kind), (*content)[0], event});
    read_context(m[context], event);
    meta::add_fields(m[errors], "message.errors.", event);
    meta::add_field("message.group_id", m[group], event);
    return event;
}

}  // namespace tapline::whatsapp
