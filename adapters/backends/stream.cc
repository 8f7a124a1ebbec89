#include "adapters/backends/stream.h"

#include "adapters/json_writer.h"
#include "adapters/time_text.h"

namespace tapline {

namespace {

std::string ms_text(Time time) {
    return std::to_string(time.time_since_epoch().count());
}

void optional_time(JsonWriter& json, std::string_view name, const std::optional<Time>& time) {
    json.key(name);
    if (time) {
        json.value(static_cast<std::int64_t>(time->time_since_epoch().count()));
    } else {
        json.null();
    }
}

void write_customer(JsonWriter& json, const Customer& customer) {
    json.key("customer").open('{');
    json.key("id").value(customer.platform_id);
    json.key("name").value(customer.name);
    json.key("phone").value(customer.phone);
    json.key("email").value(customer.email);
    json.key("handle").value(customer.handle);
    json.close('}');
}

void write_attachments(JsonWriter& json, const std::vector<Attachment>& attachments) {
    json.open('[');
    for (const Attachment& attachment : attachments) {
        json.open('{');
        json.key("type").value(attachment.type);
        json.key("url").value(attachment.url);
        json.key("name").value(attachment.name);
        json.key("bytes").value(static_cast<std::int64_t>(attachment.bytes));
        json.close('}');
    }
    json.close(']');
}

// Where the texts, the parts and the attachments of a gathered entry go.
struct Cuts {
    std::size_t text = 0;
    std::size_t parts = 0;
    std::size_t attachments = 0;
};

// Before the quote or bracket that was written last.
std::size_t inside(const JsonWriter& json) {
    return json.str().size() - 1;
}

void write_contact(JsonWriter& json, const EntryContext& context, Cuts* cuts) {
    const Event& event = context.event;
    json.open('{');
    write_customer(json, event.customer);
    json.key("text").value(cuts == nullptr ? std::string_view(event.text) : std::string_view());
    if (cuts != nullptr) cuts->text = inside(json);
    json.key("subject").value(event.subject);
    json.key("parts").open('[').close(']');
    if (cuts != nullptr) cuts->parts = inside(json);
    json.key("attachments");
    write_attachments(json, cuts == nullptr ? event.attachments : std::vector<Attachment>());
    if (cuts != nullptr) cuts->attachments = inside(json);
    json.key("visibility").value(event.is_public ? "public" : "private");
    json.key("post_url").value(event.post_url);
    json.key("reply").open('{');
    json.key("how").value(event.reply.how);
    json.key("account").value(event.reply.account);
    json.key("to").value(event.reply.to);
    json.key("suggested").value(context.suggested);
    json.close('}');
    json.key("attribution").open('{');
    for (const auto& [name, value] : event.attribution) json.any_key(name).value(value);
    json.close('}');
    json.key("context").open('{');
    optional_time(json, "open_since", context.customer.open_since);
    json.key("earlier_contacts").value(std::int64_t{context.customer.earlier_contacts});
    json.key("last_outcome")
        .value(context.journey_outcome.empty() ? std::string_view(context.customer.last_outcome)
                                               : context.journey_outcome);
    json.key("promised").value(context.decision.call_back ? "callback" : "");
    json.key("late_reason").value("");
    json.close('}');
    json.close('}');
}

std::string write_data(const EntryContext& context, Cuts* cuts) {
    const Event& event = context.event;
    JsonWriter json(768 + event.text.size());
    json.open('{');
    json.key("specversion").value("1.0");
    json.key("id").value(event.event_id);
    json.key("source").value("/" + context.brand.name + "/" + event.connection);
    json.key("type").value(event.type);
    json.key("subject").value(context.tracking_number);
    json.key("time").value(to_rfc3339(event.occurred_at));
    json.key("datacontenttype").value("application/json");
    json.key("data");
    write_contact(json, context, cuts);
    json.close('}');
    return json.take();
}

}  // namespace

std::string entry_data(const EntryContext& context) {
    return write_data(context, nullptr);
}

GatheredData gathered_data(const EntryContext& context) {
    Cuts cuts;
    const std::string data = write_data(context, &cuts);
    return {data.substr(0, cuts.text), data.substr(cuts.text, cuts.parts - cuts.text),
            data.substr(cuts.parts, cuts.attachments - cuts.parts), data.substr(cuts.attachments)};
}

PostPieces post_pieces(const Event& event) {
    PostPieces pieces;
    std::string quoted;
    append_json_string(quoted, event.text);
    pieces.text = quoted.substr(1, quoted.size() - 2);
    JsonWriter attachments;
    write_attachments(attachments, event.attachments);
    pieces.attachments = attachments.str().substr(1, attachments.str().size() - 2);
    JsonWriter part(128 + 2 * event.text.size());
    part.open('{');
    part.key("id").value(event.event_id);
    part.key("at").value(static_cast<std::int64_t>(event.occurred_at.time_since_epoch().count()));
    part.key("type").value(event.type);
    part.key("text").value(event.text);
    part.key("attachments").raw(attachments.str());
    part.close('}');
    pieces.part = part.take();
    return pieces;
}

std::vector<std::pair<std::string_view, std::string>> stream_entry(const EntryContext& context) {
    const Event& event = context.event;
    const Place& place = context.place;
    const Decision& decision = context.decision;
    return {
        {"v", std::string(kContractVersion)},
        {"id", event.event_id},
        {"tracking_number", std::string(context.tracking_number)},
        {"accepted_at", ms_text(context.accepted_at)},
        {"type", event.type},
        {"source", place.source},
        {"profile", place.profile},
        {"channel", std::string(to_string(event.channel))},
        {"button", place.button},
        {"campaign", place.campaign},
        {"campaign_by", place.campaign_by},
        {"route", decision.route},
        {"arm", decision.arm},
        {"attribution", std::string(to_string(place.attribution))},
        {"auth", event.auth},
        {"priority", decision.priority},
        {"due_at", decision.due_at ? ms_text(*decision.due_at) : std::string()},
        {"reply_before", event.reply_before ? ms_text(*event.reply_before) : std::string()},
        {"durability", std::string(context.durability)},
        {"config", context.brand.config_version},
        {"traceparent", event.traceparent},
        {"copy_of", ""},
        {"data", entry_data(context)},
    };
}

}  // namespace tapline
