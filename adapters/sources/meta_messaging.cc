#include "adapters/sources/meta_messaging.h"

#include "adapters/sources/meta.h"
#include "adapters/sources/meta_message.h"

namespace tapline::meta {
namespace {

using json::MaybeValue;
using json::Value;
using Names = std::string_view;
using Problem = tl::unexpected<std::string>;

enum class Lane { messaging, standby };

ItemEvent item_event(const Entry& entry, const Value& value, const std::string& path, Lane lane) {
    const auto item = read_item(entry, value, path);
    if (!item) return Problem(item.error());
    return lane == Lane::standby ? standby_event(*item) : message_event(*item);
}

ItemEvent change_event(const Entry& entry, const Value& change, const std::string& path,
                       ReadChange read) {
    const auto named = json::members(change, std::array<Names, 2>{"field", "value"});
    if (!named) return Problem(path + ": " + named.error());
    const auto field = json::text_of((*named)[0]);
    const MaybeValue& value = (*named)[1];
    if (!field) return Problem(path + "/field: must be text");
    if (!value) return Problem(path + "/value: is missing");
    if (field->starts_with("messag")) {  // messages, messaging_postbacks, message_reactions, ...
        return item_event(entry, *value, path + "/value", Lane::messaging);
    }
    if (*field == "standby") return item_event(entry, *value, path + "/value", Lane::standby);
    return read(entry, *field, *value, path + "/value");
}

struct Reading {
    const Envelope& envelope;
    const SourceSecrets& secrets;
    Time now;
};

void add_entry(const Reading& reading, const Value& value, const std::string& path,
               ItemList& items) {
    enum { id, time, messaging, standby, changes, field, count };
    const auto named = json::members(
        value, std::array<Names, count>{"id", "time", "messaging", "standby", "changes", "field"});
    if (!named) return items.add(value, Problem(path + ": " + named.error()));
    const auto& n = *named;
    const Entry entry{reading.envelope.product, json::id_of(n[id]), time_of(n[time]),
                      reading.secrets, reading.now};
    if (entry.account == kDashboardTestEntry) return;
    if (!is_id(entry.account)) return items.add(value, id_mistake(path + "/id"));
    const ReadChange read = reading.envelope.change;
    const std::string beside = short_member("id", n[id]) + short_member("time", n[time]);
    items.add_each(value, n[messaging], path + "/messaging", beside,
                   [&](const Value& item, const std::string& where) {
                       return item_event(entry, item, where, Lane::messaging);
                   });
    items.add_each(value, n[standby], path + "/standby", beside,
                   [&](const Value& item, const std::string& where) {
                       return item_event(entry, item, where, Lane::standby);
                   });
    items.add_each(value, n[changes], path + "/changes", beside,
                   [&](const Value& change, const std::string& where) {
                       return change_event(entry, change, where, read);
                   });
    if (n[field]) items.add(value, change_event(entry, value, path, read));
}

std::string objects_of(const Envelope& envelope) {
    std::string names = json::quoted(envelope.object);
    if (!envelope.also.empty()) names += " or " + json::quoted(envelope.also);
    return names;
}

}  // namespace

Result<std::vector<ParsedItem>> parse_messaging(const Envelope& envelope,
                                                const SourceRequest& request,
                                                const SourceSecrets& secrets, Time now) {
    const auto root = json::parse(request.body);
    if (!root) return tl::unexpected(root.error());
    const auto named = json::members(*root, std::array<Names, 3>{"object", "entry", "field"});
    if (!named) return fail(ErrorCode::bad_request, "the body " + named.error());
    const auto& [object, entry, field] = *named;
    ItemList items;
    // The dashboard's "Test" button sends {"field","value"} without an entry: signed, and nobody's.
    if (!entry && field) return items.take();
    const auto kind = json::text_of(object);
    const bool known =
        !object || (kind && !kind->empty() && (*kind == envelope.object || *kind == envelope.also));
    if (!known) {
        return fail(ErrorCode::bad_request, "/object: must be " + objects_of(envelope));
    }
    const auto entries = json::array_of(entry);
    if (!entries) return fail(ErrorCode::bad_request, "/entry: must be a list");
    items.enter('{' + member("object", object) + "\"entry\":[", "]}");
    const Reading reading{envelope, secrets, now};
    std::size_t index = 0;
    for (const Value& value : *entries) {
        if (items.is_over_full()) break;
        add_entry(reading, value, "/entry/" + std::to_string(index++), items);
    }
    return items.take();
}

Event other_change(const Entry& entry, std::string_view field, const Value& value) {
    Event event = recorded_of(entry, std::nullopt, "change.other",
                              made_id("change", {entry.account, field, json::minified(value)}));
    event.attribution.emplace_back("change.field", field.substr(0, kIdBytesMax));
    return event;
}

SignedRequest sign_messaging(const Sample& sample, const SourceSecrets& secrets,
                             std::string_view object, std::string_view account) {
    std::string body = sample.body;
    if (body.empty()) {
        const std::string to = json::quoted(sample.to.empty() ? account : sample.to);
        const std::string mid = sample.id.empty() ? "m_" + sample.random : sample.id;
        const std::string from =
            sample.from.empty() ? "60" + sample_digits(sample.random, 14) : sample.from;
        const std::string ms = std::to_string(sample.now.time_since_epoch().count());
        const std::string referral =
            sample.ref.empty() ? ""
                               : ",\"referral\":{\"ref\":" + json::quoted(sample.ref) +
                                     ",\"source\":\"SHORTLINKS\",\"type\":\"OPEN_THREAD\"}";
        body = "{\"object\":" + json::quoted(object) + ",\"entry\":[{\"time\":" + ms +
               ",\"id\":" + to + ",\"messaging\":[{\"sender\":{\"id\":" + json::quoted(from) +
               "},\"recipient\":{\"id\":" + to + "},\"timestamp\":" + ms +
               ",\"message\":{\"mid\":" + json::quoted(mid) +
               ",\"text\":" + json::quoted(sample.text) + referral + "}}]}]}";
    }
    return meta_signed(sample, secrets, std::move(body));
}

}  // namespace tapline::meta
