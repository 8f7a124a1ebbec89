#include "gateway/steward/made_entry.h"

#include "adapters/backends/stream.h"
#include "adapters/json_writer.h"
#include "adapters/time_text.h"

namespace tapline {

namespace {

std::string or_unknown(const std::string& text) {
    return text.empty() ? "unknown" : text;
}

std::string data_of(const MadeEntry& entry, const Brand& brand, Time now) {
    JsonWriter json;
    json.open('{');
    json.key("specversion").value("1.0");
    json.key("id").value(entry.id);
    json.key("source").value("/" + brand.name + "/" + entry.origin);
    json.key("type").value(entry.type);
    json.key("subject").value(entry.tracking_number);
    json.key("time").value(to_rfc3339(now));
    json.key("datacontenttype").value("application/json");
    json.key("data").open('{');
    json.key("customer").raw(R"({"id":"","name":"","phone":"","email":"","handle":""})");
    json.key("text").value(entry.text);
    json.key("subject").value("");
    json.key("parts").raw("[]");
    json.key("attachments").raw("[]");
    json.key("visibility").value(entry.is_public ? "public" : "private");
    json.key("post_url").value(entry.post_url);
    json.key("reply").open('{');
    json.key("how").value(entry.reply.how);
    json.key("account").value(entry.reply.account);
    json.key("to").value(entry.reply.to);
    json.key("suggested").value("").close('}');
    json.key("attribution").raw("{}");
    if (!entry.topic.empty()) json.key("topic").raw(entry.topic);
    json.key("context").open('{');
    json.key("open_since").null();
    json.key("earlier_contacts").value(std::int64_t{0});
    json.key("last_outcome").value(entry.last_outcome);
    json.key("promised").value("");
    json.key("late_reason").value("");
    json.close('}').close('}').close('}');
    return json.take();
}

}  // namespace

std::string to_json(const MadeEntry& entry, const Brand& brand, Time now) {
    const std::pair<std::string_view, std::string> fields[] = {
        {"v", std::string(kContractVersion)},
        {"id", entry.id},
        {"tracking_number", entry.tracking_number},
        {"accepted_at", std::to_string(to_ms(now))},
        {"type", entry.type},
        {"source", or_unknown(entry.source)},
        {"profile", entry.profile},
        {"channel", or_unknown(entry.channel)},
        {"button", entry.button},
        {"campaign", entry.campaign},
        {"campaign_by", entry.campaign_by},
        {"route", or_unknown(entry.route)},
        {"arm", ""},
        {"attribution", "unknown"},
        {"auth", "none"},
        {"priority", "normal"},
        {"due_at", entry.due_at ? std::to_string(to_ms(*entry.due_at)) : std::string()},
        {"reply_before", ""},
        {"durability", "redis"},
        {"config", or_unknown(brand.config_version)},
        {"traceparent", ""},
        {"copy_of", ""},
        {"data", data_of(entry, brand, now)}};
    JsonWriter json;
    json.open('[');
    for (const auto& [name, value] : fields) json.value(name).value(value);
    json.close(']');
    return json.take();
}

}  // namespace tapline
