#include "gateway/steward/channels.h"

#include <algorithm>
#include <set>

#include "adapters/sources/mail.h"
#include "adapters/sources/registry.h"
#include "adapters/time_text.h"
#include "gateway/redis/keys.h"
#include "redis_scripts.h"

namespace tapline {

namespace {

using redis::Reply;

constexpr std::size_t kRecordsAtOnce = 200;
constexpr std::string_view kSince = "since";

// By field, as they stand in Redis: a record is replaced only while it is what was read.
using Packed = std::map<std::string, std::string>;

Result<Packed> read_packed(redis::Link& link, std::string_view brand) {
    const auto reply = link.call(redis::encode({"HGETALL", heard_key(brand)}));
    if (!reply) return tl::unexpected(reply.error());
    if (reply->is_error()) return fail(ErrorCode::corrupt, "Redis: " + reply->text);
    Packed packed;
    for (std::size_t i = 0; i + 1 < reply->items.size(); i += 2) {
        packed.emplace(reply->items[i].text, reply->items[i + 1].text);
    }
    return packed;
}

void add_records(const std::string& brand, const Packed& packed, HeardTable& table) {
    for (const auto& [field, text] : packed) {
        if (auto record = unpack_heard(text)) table.emplace(std::pair(brand, field), *record);
    }
}

std::vector<std::string> homes_of(const Config& config) {
    std::vector<std::string> homes = {std::string(redis::kNoBrand)};
    for (const auto& [name, brand] : config.brands) homes.push_back(name);
    return homes;
}

// Field, value as read, value to write; one after the other.
using Triples = std::vector<std::string>;

// The fields that another gateway replaced in between.
Result<std::set<std::string>> replace(redis::Link& link, std::string_view brand,
                                      const Triples& triples) {
    static const redis::Script script = redis::make_script("heard", kScriptHeard);
    const std::string key = heard_key(brand);
    const std::string_view keys[] = {key};
    std::set<std::string> moved;
    for (std::size_t at = 0; at < triples.size(); at += 3 * kRecordsAtOnce) {
        const std::size_t end = std::min(triples.size(), at + 3 * kRecordsAtOnce);
        const std::vector<std::string_view> args(
            triples.begin() + static_cast<std::ptrdiff_t>(at),
            triples.begin() + static_cast<std::ptrdiff_t>(end));
        const auto reply = link.call_script(script, keys, args);
        if (!reply) return tl::unexpected(reply.error());
        if (reply->is_error()) return fail(ErrorCode::corrupt, "Redis: " + reply->text);
        for (const Reply& field : reply->items) moved.insert(field.text);
    }
    return moved;
}

Result<void> keep_home(GatewayState& state, redis::Link& link, const std::string& home,
                       std::vector<HeardNote>& notes, HeardTable& table) {
    auto packed = read_packed(link, home);
    if (!packed) return tl::unexpected(packed.error());
    Triples triples;
    if (!packed->contains(std::string(kSince))) {
        const std::string now = std::to_string(to_ms(state.acceptor->parts().clock()));
        triples = {std::string(kSince), "", now};
    }
    for (const HeardNote& note : notes) {
        if (note.brand != home) continue;
        const std::string field = heard_field(note.kind, note.name);
        const std::string before = packed->contains(field) ? packed->at(field) : std::string();
        HeardRecord record = unpack_heard(before).value_or(HeardRecord{});
        record.add(note);
        triples.insert(triples.end(), {field, before, pack(record)});
    }
    const auto moved = replace(link, home, triples);
    if (!moved) return tl::unexpected(moved.error());
    for (std::size_t i = 0; i < triples.size(); i += 3) {
        if (!moved->contains(triples[i])) (*packed)[triples[i]] = triples[i + 2];
    }
    std::erase_if(notes, [&](const HeardNote& note) {
        return note.brand == home && !moved->contains(heard_field(note.kind, note.name));
    });
    add_records(home, *packed, table);
    return {};
}

std::optional<HeardRecord> find(const HeardTable& heard, const std::string& brand, HeardKind kind,
                                const std::string& name) {
    const auto found = heard.find({brand, heard_field(kind, name)});
    return found == heard.end() ? std::nullopt : std::optional(found->second);
}

bool repeats_handshake(const Connection& connection) {
    const Source* source = find_source(connection.provider);
    return source != nullptr && source->handshake_every.count() > 0;
}

ChannelRow handshake_row(const Connection& connection, const HeardTable& heard, Time now) {
    const std::string home(redis::kNoBrand);
    ChannelRow row{connection.brand,
                   "handshake",
                   connection.name,
                   connection.provider,
                   find(heard, home, HeardKind::handshake, connection.name),
                   HeardState::never};
    const auto watched = find(heard, home, HeardKind::watched, connection.name);
    const Milliseconds most = find_source(connection.provider)->handshake_every;
    const auto since = row.record ? std::optional(row.record->last)
                       : watched  ? std::optional(watched->first)
                                  : std::nullopt;
    if (row.record) row.state = HeardState::heard;
    if (since && now - *since > most) row.state = HeardState::quiet;
    return row;
}

}  // namespace

std::string heard_key(std::string_view brand) {
    return redis::brand_key(brand, "heard");
}

Result<HeardTable> read_heard(redis::Link& link, const Config& config) {
    HeardTable table;
    for (const std::string& home : homes_of(config)) {
        const auto packed = read_packed(link, home);
        if (!packed) return tl::unexpected(packed.error());
        add_records(home, *packed, table);
    }
    return table;
}

Result<HeardTable> keep_heard(GatewayState& state, redis::Link& link) {
    HeardTable table;
    std::vector<HeardNote> notes = state.heard.take();
    Result<void> kept;
    const auto config = state.config();
    for (const std::string& home : homes_of(*config)) {
        const auto done = keep_home(state, link, home, notes, table);
        if (!done) kept = done;
        if (!done && done.error().code == ErrorCode::unavailable) break;
    }
    for (const HeardNote& note : notes) state.heard.put_back(note);
    if (!kept) return tl::unexpected(kept.error());
    const Time now = state.acceptor->parts().clock();
    const std::string home(redis::kNoBrand);
    for (const auto& [name, connection] : config->connections) {
        const bool is_new =
            repeats_handshake(connection) && !find(table, home, HeardKind::watched, name);
        if (is_new) state.heard.note(home, HeardKind::watched, name, now);
    }
    return table;
}

std::vector<ChannelRow> channel_rows(const Config& config, const HeardTable& heard, Time now) {
    std::vector<ChannelRow> rows;
    const auto add = [&](const std::string& brand, HeardKind kind, const std::string& name,
                         std::string about) {
        const bool is_shared = kind == HeardKind::connection || kind == HeardKind::mail;
        const std::string home = is_shared ? std::string(redis::kNoBrand) : brand;
        auto record = find(heard, home, kind, name);
        const HeardState state = judge(record, now);
        rows.push_back({brand, std::string(to_string(kind)), name, std::move(about),
                        std::move(record), state});
    };
    for (const auto& [name, connection] : config.connections) {
        add(connection.brand, HeardKind::connection, name, connection.provider);
        if (repeats_handshake(connection)) rows.push_back(handshake_row(connection, heard, now));
    }
    if (!config.mail.listen.empty()) {
        add(config.mail.brand, HeardKind::mail, std::string(kMailProvider), "mail server");
    }
    for (const auto& [brand_name, brand] : config.brands) {
        if (!brand->api_keys.empty() || !brand->signing_secrets.empty()) {
            add(brand_name, HeardKind::events, brand_name, "own apps");
        }
        for (const auto& [name, profile] : brand->profiles) {
            add(brand_name, HeardKind::profile, name, profile.source);
        }
        for (const auto& [name, button] : brand->buttons) {
            add(brand_name, HeardKind::button, name, std::string(to_string(button.channel)));
        }
    }
    return rows;
}

void watch_handshakes(const std::vector<ChannelRow>& rows, Alarms& alarms) {
    for (const ChannelRow& row : rows) {
        if (row.kind != "handshake") continue;
        const std::string alarm = "handshake." + row.name;
        if (row.state != HeardState::quiet) {
            alarms.clear(alarm);
            continue;
        }
        const auto hours = find_source(row.about)->handshake_every.count();
        const std::string last =
            row.record ? "the last one was answered at " + to_rfc3339(row.record->last)
                       : std::string("none was ever answered");
        alarms.raise(alarm, row.about + " repeats its handshake at least every " +
                                std::to_string(hours) + " h and stops to deliver without; " + last +
                                ". Look at the webhook there (docs/sources/" + row.about + ".md)");
    }
}

}  // namespace tapline
