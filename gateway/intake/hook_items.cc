#include "gateway/intake/hook_items.h"

#include <algorithm>
#include <utility>

#include "adapters/crypto.h"
#include "gateway/log.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

constexpr std::string_view kUnclaimed =
    "no profile or line of any brand has this account; add it to a brand file, or remove the "
    "subscription at the provider";

constexpr std::string_view kUnclaimedAddress =
    "no brand has an email button with the address that was written to; add one, or say brand: at "
    "the connection";

// Of a mail that cannot be used, enough to tell what it is: attachments are kept nowhere.
constexpr std::size_t kMailKeptBytesMax = 16u << 10;

std::string home_of(const Connection& connection) {
    return connection.brand.empty() ? std::string(redis::kNoBrand) : connection.brand;
}

// What to keep of an item that cannot be used: its own bytes, else the whole body, once a request.
std::optional<BatchItem> quarantined(HookCall& call, std::string reason, std::string_view raw,
                                     std::string_view body) {
    if (call.quarantined++ == 0) {
        log_warning("quarantined", {{"request", call.request_id},
                                    {"connection", call.connection.name},
                                    {"reason", reason}});
    }
    if (raw.empty() && std::exchange(call.body_kept, true)) return std::nullopt;
    BatchItem item;
    Acceptor::Quarantined& kept = item.quarantine.emplace();
    kept.brand = home_of(call.connection);
    kept.connection = call.connection.name;
    kept.provider = call.source.provider;
    kept.reason = std::move(reason);
    kept.raw = raw.empty() ? body : raw;
    kept.entries_max = call.settings->config.limits.quarantine_entries;
    kept.bytes_max = call.settings->config.limits.quarantine_bytes;
    kept.is_proven = call.is_proven;
    kept.identity = call.replay_key;
    if (call.source.is_mail && kept.raw.size() > kMailKeptBytesMax) {
        if (kept.identity.empty()) kept.identity = sha256_hex(kept.raw);
        kept.raw.resize(kMailKeptBytesMax);
    }
    return item;
}

// Makes the answer to events of one brand; also after the request's bytes are gone.
using MakeReply = std::function<std::string(const Event&, const Decision&, const std::string&)>;
MakeReply reply_maker(const HookCall& call, const std::shared_ptr<const Brand>& brand) {
    const auto reply = call.source.reply;
    if (reply == nullptr) return {};
    const std::string url = call.settings->config.public_url + "/hooks/" + call.connection.name;
    return [reply, brand, url](const Event& event, const Decision& decision,
                               const std::string& number) {
        return reply({event, decision, number, brand->name, url, brand->display_name});
    };
}

// Where a caller is connected when nothing can be looked up: the routed, else the default
// department of the brand; an apology when no brand claims the call.
std::string blind_call_reply(const HookCall& call, const std::shared_ptr<const Brand>& brand,
                             const Event& event) {
    const MakeReply make_reply = brand ? reply_maker(call, brand) : MakeReply();
    if (!make_reply) return std::string(call.source.call_fallback);
    const auto decision =
        decide_without_records(*brand, event, call.state.acceptor->parts().clock());
    const std::string reply = make_reply(event, decision, "");
    return reply.empty() ? call.ok.body : reply;
}

void raise_revoked(HookCall& call) {
    call.state.alarms.raise(
        "access_revoked." + call.connection.name,
        "an account took back what it had allowed the app of this connection, "
        "so its events no longer come; connect it again at the provider. Stands "
        "until the gateway restarts");
}

std::optional<BatchItem> ignored(HookCall& call, std::string_view reason) {
    call.state.metrics.ignored.add(call.connection.name, reason);
    return std::nullopt;
}

// Who wrote is an account of a brand of this connection: it answers a customer and names another
// account of the brand, which is told of it as of anybody's post.
bool is_own_writing(const BrandIndex& brands, const Connection& connection, const Event& event) {
    const bool written = event.channel == Channel::dm || event.channel == Channel::post;
    return written && event.kind == EventKind::contact &&
           brands.has_account(connection, event.customer.platform_id);
}

void make_echo(Event& event) {
    event.kind = EventKind::recorded;
    event.type = event.channel == Channel::post ? "post.echo" : "message.echo";
    event.event_id.insert(0, "echo:");
    event.ref.clear();
    event.text.clear();
    event.attachments.clear();
    event.reply = {};
    event.reply_before.reset();
}

// Nothing for a fact that asks for nothing and belongs to nobody (the dashboard's test button).
std::optional<BatchItem> item_of(HookCall& call, const Verified& verified, ParsedItem parsed,
                                 std::string_view body) {
    if (!parsed.ignored.empty()) return ignored(call, parsed.ignored);
    if (parsed.caller_waits) call.call_reply = call.ok.body;
    if (!parsed.event && parsed.caller_waits && parsed.kind == EventKind::contact) {
        Event unreadable;
        unreadable.channel = Channel::call;
        const auto home = call.settings->brands.named(call.connection.brand);
        call.unclaimed_reply = blind_call_reply(call, home, unreadable);
    }
    if (!parsed.event) return quarantined(call, parsed.event.error(), parsed.raw, body);
    settle(call.settings->brands, call.connection, parsed);
    Event event = std::move(*parsed.event);
    event.connection = call.connection.name;
    event.auth = verified.auth;
    const auto brand = call.settings->brands.find(call.connection, event);
    // Of an account that nobody claims there is nothing to connect again.
    if (event.type == kAccessRevoked && (brand || event.account.empty())) raise_revoked(call);
    const bool is_call = event.caller_waits && event.kind == EventKind::contact;
    if (is_call) call.call_reply = blind_call_reply(call, brand, event);
    if (!brand && is_call) call.unclaimed_reply = *call.call_reply;
    if (!brand && event.kind == EventKind::recorded) return ignored(call, "no brand");
    const std::string_view unclaimed = event.address.empty() ? kUnclaimed : kUnclaimedAddress;
    if (!brand) return quarantined(call, std::string(unclaimed), parsed.raw, body);
    BatchItem item;
    item.job = AcceptJob{brand, std::move(event), reply_maker(call, brand)};
    return item;
}

bool concerns_all(const ParsedItem& item) {
    return item.event && item.event->for_every_brand;
}

std::vector<ParsedItem> one_for_each_brand(const HookCall& call, std::vector<ParsedItem> parsed) {
    if (std::none_of(parsed.begin(), parsed.end(), concerns_all)) return parsed;
    std::vector<ParsedItem> items;
    for (ParsedItem& item : parsed) {
        const auto brands = concerns_all(item) ? call.settings->brands.served_by(call.connection)
                                               : std::vector<std::shared_ptr<const Brand>>();
        for (std::size_t i = 1; i < brands.size(); ++i) {
            items.push_back(item);
            items.back().event->brand = brands[i]->name;
        }
        if (!brands.empty()) item.event->brand = brands.front()->name;
        items.push_back(std::move(item));
    }
    return items;
}

}  // namespace

void settle(const BrandIndex& brands, const Connection& connection, ParsedItem& item) {
    Event& event = *item.event;
    const std::string known = brands.known_address(connection, item.addresses);
    if (!known.empty()) {
        event.address = known;
        event.reply.account = known;
    }
    if (is_own_writing(brands, connection, event)) make_echo(event);
}

std::vector<BatchItem> hook_items(HookCall& call, const Verified& verified,
                                  Result<std::vector<ParsedItem>> parsed, std::string_view body) {
    std::vector<BatchItem> items;
    if (!parsed) {
        items.push_back(*quarantined(call, parsed.error().message, {}, body));
        return items;
    }
    // A replay key stands for a whole request, so only a request of one event may use it; a call's
    // end may be two items, and one that is sent again has the same two.
    const auto is_used = [](const ParsedItem& item) { return item.ignored.empty(); };
    const bool single = std::count_if(parsed->begin(), parsed->end(), is_used) == 1;
    if (single) call.replay_key = verified.replay_key;
    std::vector<ParsedItem> each = one_for_each_brand(call, *std::move(parsed));
    if (each.empty()) call.state.metrics.ignored.add(call.connection.name, "nothing to do");
    for (std::size_t i = 0; i < each.size(); ++i) {
        ParsedItem& one = each[i];
        if (one.event && !verified.replay_key.empty()) {
            if (single) one.event->replay_key = verified.replay_key;
            if (!single && one.event->call_step) {
                one.event->replay_key = verified.replay_key + ':' + std::to_string(i);
            }
        }
        auto item = item_of(call, verified, std::move(one), body);
        if (item) items.push_back(std::move(*item));
    }
    return items;
}

}  // namespace tapline
