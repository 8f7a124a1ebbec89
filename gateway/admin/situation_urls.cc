#include "gateway/admin/situation_urls.h"

#include <nlohmann/json.hpp>

#include "adapters/time_text.h"
#include "adapters/utf8.h"
#include "config/mistake.h"
#include "gateway/admin/until.h"
#include "gateway/intake/held.h"
#include "gateway/intake/identity.h"
#include "gateway/redis/keys.h"
#include "gateway/steward/situation.h"
#include "redis_scripts.h"
#include "routes/region.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;
using redis::Reply;

constexpr std::size_t kBodyMax = 16u << 10;
constexpr std::size_t kTextMax = 500;
constexpr std::size_t kRegionsMax = 100;

std::string dump(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

http::Response answer(int status, const Json& json) {
    return {status, "application/json", dump(json), {{"Cache-Control", "no-store"}}, false};
}

http::Response refuse(const Error& error) {
    const int status = error.code == ErrorCode::bad_request   ? 400
                       : error.code == ErrorCode::unavailable ? 503
                                                              : 500;
    return http::problem(status, status == 400 ? "Bad request" : "Not done", error.message);
}

struct Asked {
    std::shared_ptr<const Brand> brand;
    std::string name;  // the URL's second name
    Json body;
    Time now{};
};

// A page of a browser cannot send JSON to another origin unasked, and says its origin.
Result<Json> read_body(const http::Request& request) {
    if (request.header_count("origin") > 0) {
        return fail(ErrorCode::bad_request, "not for pages in a browser");
    }
    if (!request.header("content-type").starts_with("application/json")) {
        return fail(ErrorCode::bad_request, "Content-Type: write application/json");
    }
    Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object()) return fail(ErrorCode::bad_request, "the body must be a JSON object");
    return body;
}

Result<Asked> asked_of(const GatewayState& state, const http::Request& request) {
    Asked asked;
    const std::string name(request.captures.at(0));
    const std::shared_ptr<const Config> config = state.config();
    const auto brand = config->brands.find(name);
    if (brand == config->brands.end()) {
        std::vector<std::string> names;
        for (const auto& [one, unused] : config->brands) names.push_back(one);
        const std::string near = nearest(name, names);
        return fail(ErrorCode::bad_request,
                    "no brand is called so" +
                        (near.empty() ? std::string() : "; did you mean \"" + near + "\"?"));
    }
    asked.brand = brand->second;
    if (request.captures.size() > 1) asked.name = request.captures[1];
    asked.now = state.acceptor->parts().clock();
    if (request.method == "GET" || request.method == "HEAD") return asked;
    auto body = read_body(request);
    if (!body) return tl::unexpected(body.error());
    asked.body = std::move(*body);
    return asked;
}

Result<std::string> text(const Json& body, const char* name) {
    const auto found = body.find(name);
    const bool given =
        found != body.end() && found->is_string() && !found->get_ref<const std::string&>().empty();
    if (!given) return fail(ErrorCode::bad_request, std::string(name) + " is required, as text");
    auto written = found->get<std::string>();
    if (written.size() > kTextMax) {
        return fail(ErrorCode::bad_request, std::string(name) + ": at most 500 bytes");
    }
    return written;
}

std::string optional_text(const Json& body, const char* name) {
    return text(body, name).value_or(std::string());
}

struct Call {
    const redis::Script& script;
    std::vector<std::string> keys;
    std::vector<std::string> args;
};

// One script, and what its answer becomes.
void submit(const GatewayState& state, const Call& call, http::Responder responder,
            std::function<http::Response(const Reply&)> make) {
    const auto shared = std::make_shared<http::Responder>(std::move(responder));
    state.acceptor->parts().link->submit_script(
        call.script, std::vector<std::string_view>(call.keys.begin(), call.keys.end()),
        std::vector<std::string_view>(call.args.begin(), call.args.end()),
        [shared, make = std::move(make)](Result<Reply> reply) {
            if (!reply) return shared->send(refuse(reply.error()));
            if (reply->is_error()) {
                return shared->send(refuse({ErrorCode::unavailable, "Redis: " + reply->text}));
            }
            shared->send(make(*reply));
        });
}

// Switches.

Json switch_json(const Brand& brand, const std::string& name, const std::string& stored, Time now) {
    const auto known = brand.switches.find(name);
    const auto record = switch_of(stored);
    const bool on = record && record->state.until > now;
    Json json = {{"name", name},
                 {"about", known == brand.switches.end() ? "" : known->second.about},
                 {"on", on},
                 {"in_config", known != brand.switches.end()}};
    if (!on) return json;
    json["until"] = to_rfc3339(record->state.until);
    json["since"] = to_rfc3339(record->since);
    json["author"] = record->author;
    json["reason"] = record->reason;
    json["regions"] = record->state.regions;
    return json;
}

std::string text_behind(const Reply& list, const std::string& name) {
    const Reply* found = value_of(list, name);
    return found == nullptr ? std::string() : found->text;
}

void list_switches(const GatewayState& state, const Asked& asked, http::Responder responder) {
    static const redis::Script script = redis::make_script("look", kScriptLook);
    const std::string& brand = asked.brand->name;
    std::vector<std::string> names;
    std::vector<std::string> keys = {redis::brand_key(brand, "switches"),
                                     redis::brand_key(brand, "switch_passed")};
    for (const auto& [name, one] : asked.brand->switches) {
        names.push_back(name);
        keys.push_back(timer_key(brand, name));
    }
    submit(state, {script, keys, {}}, std::move(responder),
           [asked, names](const Reply& reply) -> http::Response {
               Json list = Json::array();
               if (reply.items.size() != 3) return refuse({ErrorCode::corrupt, "odd answer"});
               for (std::size_t i = 0; i < names.size(); ++i) {
                   Json one = switch_json(*asked.brand, names[i],
                                          text_behind(reply.items[0], names[i]), asked.now);
                   const auto& counts = reply.items[2].items;
                   one["held"] = i < counts.size() ? counts[i].integer : 0;
                   one["unknown_regions_passed"] = number_of(text_behind(reply.items[1], names[i]));
                   list.push_back(std::move(one));
               }
               return answer(200, {{"brand", asked.brand->name},
                                   {"timezone", asked.brand->timezone},
                                   {"switches", list}});
           });
}

Result<std::vector<std::string>> regions_of(const Json& body) {
    std::vector<std::string> regions;
    const auto found = body.find("regions");
    if (found == body.end() || found->is_null()) return regions;
    const auto bad = [](const std::string& what) {
        return fail(ErrorCode::bad_request, "regions: " + what);
    };
    if (!found->is_array() || found->size() > kRegionsMax) return bad("write a list of names");
    for (const Json& one : *found) {
        const std::string region = one.is_string() ? one.get<std::string>() : std::string();
        if (region == "unknown" || !is_region(region)) {
            return bad("\"" + to_valid_utf8(region.substr(0, 20)) +
                       "\" is none; write \"US-GA\", \"US\", \"DE\"");
        }
        regions.push_back(region);
    }
    return regions;
}

struct Change {
    std::string stored;  // JSON; "" = taken off
    std::string fact;
    Json body;
};

Result<Change> switch_change(const Asked& asked) {
    const auto on = asked.body.find("on");
    if (on == asked.body.end() || !on->is_boolean()) {
        return fail(ErrorCode::bad_request, "on: write true or false");
    }
    const auto author = text(asked.body, "author");
    if (!author) return tl::unexpected(author.error());
    const auto reason = text(asked.body, "reason");
    if (!reason) return tl::unexpected(reason.error());
    // The reason stays out of the feed: a person writes it, and may name a customer.
    Change change{"", "switch_off", {{"switch", asked.name}, {"author", *author}}};
    if (!on->get<bool>()) return change;
    const auto written = text(asked.body, "until");
    if (!written) return tl::unexpected(written.error());
    const auto until = parse_until(*written, asked.now, asked.brand->timezone);
    if (!until) return tl::unexpected(until.error());
    auto regions = regions_of(asked.body);
    if (!regions) return tl::unexpected(regions.error());
    change.fact = "switch_on";
    change.body["until"] = to_ms(*until);
    change.body["regions"] = *regions;
    change.stored = to_json(SwitchRecord{{*until, *regions}, *author, *reason, asked.now});
    return change;
}

Result<void> check_switch_name(const Asked& asked, const Change& change) {
    if (asked.brand->switches.contains(asked.name)) return {};
    // What an older config had on can still be turned off.
    if (change.stored.empty()) return {};
    std::vector<std::string> names;
    for (const auto& [name, one] : asked.brand->switches) names.push_back(name);
    const std::string near = nearest(asked.name, names);
    return fail(ErrorCode::bad_request,
                "the config of " + asked.brand->name + " has no switch \"" + asked.name + "\"" +
                    (near.empty() ? std::string() : "; did you mean \"" + near + "\"?"));
}

void put_switch(const GatewayState& state, const Asked& asked, http::Responder responder) {
    static const redis::Script script = redis::make_script("switch", kScriptSwitch);
    const auto change = switch_change(asked);
    if (!change) return responder.send(refuse(change.error()));
    const auto known = check_switch_name(asked, *change);
    if (!known) return responder.send(refuse(known.error()));
    const std::string& brand = asked.brand->name;
    submit(state,
           {script,
            {redis::brand_key(brand, "switches"), redis::brand_key(brand, "feed"),
             redis::brand_key(brand, "switch_passed")},
            {asked.name, change->stored, std::to_string(to_ms(asked.now)), change->fact,
             change->body.dump(-1, ' ', false, Json::error_handler_t::replace), ""}},
           std::move(responder), [asked, stored = change->stored](const Reply& reply) {
               Json json = switch_json(*asked.brand, asked.name, stored, asked.now);
               json["changed"] = reply.text == "ok";
               return answer(200, json);
           });
}

// Suppressions.

std::string connected_profiles(const Brand& brand) {
    std::string names;
    for (const auto& [name, profile] : brand.profiles) {
        if (!profile.connection.empty()) names += (names.empty() ? "" : ", ") + name;
    }
    return names.empty() ? "no profile has a connection" : "there is " + names;
}

// The customer's keyed hash, as of their contacts (identity.h).
Result<std::string> customer_of(const GatewayState& state, const Asked& asked) {
    const std::string phone = optional_text(asked.body, "phone");
    const std::string email = optional_text(asked.body, "email");
    const std::string id = optional_text(asked.body, "id");
    const auto given = [](const std::string& one) { return one.empty() ? 0 : 1; };
    if (given(phone) + given(email) + given(id) != 1) {
        return fail(ErrorCode::bad_request, "say one of phone, email, id");
    }
    Event event;
    event.customer.phone = to_e164(phone);
    if (!phone.empty() && event.customer.phone.empty()) {
        return fail(ErrorCode::bad_request, "phone: write it like +14045550100");
    }
    event.customer.email = email;
    event.customer.platform_id = id;
    if (!id.empty()) {
        const auto profile = asked.brand->profiles.find(optional_text(asked.body, "profile"));
        const std::shared_ptr<const Config> config = state.config();
        const auto connection = profile == asked.brand->profiles.end()
                                    ? config->connections.end()
                                    : config->connections.find(profile->second.connection);
        if (connection == config->connections.end()) {
            return fail(ErrorCode::bad_request,
                        "profile: name the profile whose platform gave the id; " +
                            connected_profiles(*asked.brand));
        }
        event.provider = connection->second.provider;
        event.account = profile->second.account;
    }
    const auto hash = customer_hash(state.acceptor->parts().keys, asked.brand->name, event);
    if (!hash) return fail(ErrorCode::bad_request, "say one of phone, email, id");
    return *hash;
}

Result<Change> suppression_change(const Asked& asked, const std::string& customer) {
    const std::string action = optional_text(asked.body, "action");
    if (action != "add" && action != "remove") {
        return fail(ErrorCode::bad_request, "action: write add or remove");
    }
    const auto author = text(asked.body, "author");
    if (!author) return tl::unexpected(author.error());
    const auto reason = text(asked.body, "reason");
    if (!reason) return tl::unexpected(reason.error());
    // The reason stays out of the feed: a person writes it, and may name the customer.
    Change change{"", "suppression_removed", {{"customer", customer}, {"author", *author}}};
    if (action == "remove") return change;
    const auto written = text(asked.body, "until");
    if (!written) return tl::unexpected(written.error());
    const auto until = parse_until(*written, asked.now, asked.brand->timezone);
    if (!until) return tl::unexpected(until.error());
    change.fact = "suppression_added";
    change.body["until"] = to_ms(*until);
    change.stored = to_json(SuppressionRecord{*reason, *author, *until});
    return change;
}

void post_suppression(const GatewayState& state, const Asked& asked, http::Responder responder) {
    static const redis::Script script = redis::make_script("suppress", kScriptSuppress);
    const auto customer = customer_of(state, asked);
    if (!customer) return responder.send(refuse(customer.error()));
    const auto change = suppression_change(asked, *customer);
    if (!change) return responder.send(refuse(change.error()));
    const std::string& brand = asked.brand->name;
    submit(state,
           {script,
            {redis::brand_key(brand, "suppressed"), redis::brand_key(brand, "feed")},
            {*customer, change->stored, std::to_string(to_ms(asked.now)), change->fact,
             change->body.dump(-1, ' ', false, Json::error_handler_t::replace), ""}},
           std::move(responder),
           [customer = *customer, stored = change->stored](const Reply& reply) {
               const auto record = suppression_of(stored);
               return answer(200, {{"customer", customer},
                                   {"changed", reply.text == "ok"},
                                   {"until", record ? Json(to_rfc3339(record->until)) : Json()}});
           });
}

void list_suppressions(const GatewayState& state, const Asked& asked, http::Responder responder) {
    const auto shared = std::make_shared<http::Responder>(std::move(responder));
    const std::string key = redis::brand_key(asked.brand->name, "suppressed");
    state.acceptor->parts().link->submit(
        redis::encode({"HGETALL", key}), [shared, asked](Result<Reply> reply) {
            if (!reply) return shared->send(refuse(reply.error()));
            if (reply->is_error()) {
                return shared->send(refuse({ErrorCode::unavailable, "Redis: " + reply->text}));
            }
            Json list = Json::array();
            for (std::size_t i = 0; i + 1 < reply->items.size(); i += 2) {
                const auto record = suppression_of(reply->items[i + 1].text);
                if (!record || record->until <= asked.now) continue;
                list.push_back({{"customer", reply->items[i].text},
                                {"reason", record->reason},
                                {"author", record->author},
                                {"until", to_rfc3339(record->until)}});
            }
            shared->send(answer(200, {{"brand", asked.brand->name},
                                      {"timezone", asked.brand->timezone},
                                      {"suppressions", list}}));
        });
}

using Act = void (*)(const GatewayState&, const Asked&, http::Responder);

void add(http::UrlTable& urls, GatewayState& state, const std::string& method,
         const std::string& path, Act act) {
    urls.add({method, path, kBodyMax, "admin",
              [&state, act](const http::Request& request, http::Responder responder) {
                  const auto asked = asked_of(state, request);
                  if (!asked) return responder.send(refuse(asked.error()));
                  act(state, *asked, std::move(responder));
              }});
}

}  // namespace

void add_situation_urls(http::UrlTable& urls, GatewayState& state) {
    add(urls, state, "GET", "/v1/brands/{brand}/switches", list_switches);
    add(urls, state, "PUT", "/v1/brands/{brand}/switches/{name}", put_switch);
    add(urls, state, "GET", "/v1/brands/{brand}/suppressions", list_suppressions);
    add(urls, state, "POST", "/v1/brands/{brand}/suppressions", post_suppression);
}

}  // namespace tapline
