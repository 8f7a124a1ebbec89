// The sections of a brand that say how customers reach it: profiles, campaigns, lines, buttons.
#include <utility>

#include "adapters/link.h"
#include "config/brand_file.h"
#include "config/calendar.h"

namespace tapline {

namespace {

constexpr std::size_t kPrefillBytesMax = 1'000;

void read_profile(const Entry& entry, BrandReading& reading) {
    Report& report = reading.report;
    const std::string what = "profile " + shown(entry.key);
    Profile profile;
    profile.name = entry.key;
    KeyReader fields(&entry.value, what, report);
    profile.source =
        read_source(fields.need("source", "add source: instagram, x, facebook, whatsapp or web"),
                    reading)
            .value_or("");
    const YamlNode* connection = fields.find("connection");
    profile.connection = read_reference(connection, "connection", reading.connections, report);
    const YamlNode* account = fields.find("account");
    profile.account = read_text(account, report).value_or("");
    const YamlNode* handle = fields.find("handle");
    profile.handle = read_text(handle, report).value_or("");
    profile.language = read_value(fields.find("language"), kLanguage, report).value_or("");
    fields.done();
    if (!profile.handle.empty() && !is_link_handle(profile.handle)) {
        report.error(handle->where,
                     what + " has the handle " + shown(profile.handle) +
                         ", which no link can carry; write only the name, without \"@\" or URL: "
                         "letters, digits, \".\", \"_\" and \"-\"");
    }
    if (connection != nullptr) {
        reading.draft.places[{"profile connection", entry.key}] = connection->where;
    }
    if (account != nullptr) reading.draft.places[{"account", entry.key}] = account->where;
    reading.draft.places[{"profile", entry.key}] = entry.where;
    reading.draft.brand.profiles[entry.key] = std::move(profile);
}

void read_campaign(const Entry& entry, BrandReading& reading) {
    Report& report = reading.report;
    const std::string& zone = reading.draft.brand.timezone;
    Campaign campaign;
    campaign.name = entry.key;
    KeyReader fields(&entry.value, "campaign " + shown(entry.key), report);
    const auto from = read_value(fields.find("from"), kDate, report);
    const auto until = read_value(fields.find("until"), kDate, report);
    campaign.buttons = read_references(fields.find("buttons"), "button", reading.buttons, report);
    fields.done();
    if (from) campaign.from = start_of_day(*from, zone);
    if (until) campaign.until = end_of_day(*until, zone);
    if (from && until && *until < *from) {
        report.error(fields.where("until"), "campaign " + shown(entry.key) +
                                                " ends before it begins; until is its last day");
    }
    reading.draft.brand.campaigns[entry.key] = std::move(campaign);
}

void read_line(const Entry& entry, BrandReading& reading) {
    Report& report = reading.report;
    YamlNode number;
    number.kind = YamlNode::Kind::scalar;
    number.text = entry.key;
    number.quoted = entry.quoted;
    number.where = entry.where;
    const auto good = read_quoted(&number, kPhone, report);

    Line line;
    line.number = entry.key;
    KeyReader fields(&entry.value, "line " + shown(entry.key), report);
    const YamlNode* connection = fields.need("connection", "add connection: with its telephony");
    line.connection = read_reference(connection, "connection", reading.connections, report);
    fields.done();
    if (!good) return;
    if (connection != nullptr) {
        reading.draft.places[{"line connection", entry.key}] = connection->where;
    }
    reading.draft.places[{"line", entry.key}] = entry.where;
    reading.draft.brand.lines[entry.key] = std::move(line);
}

// Reports a key of a button that its channel has no use for, or one that the channel needs. A form
// on the brand's own site writes to nobody's address.
void check_channel_keys(const Button& button, bool is_form, KeyReader& fields, const Where& where,
                        Report& report) {
    std::string what = "button " + shown(button.name) + " is of channel ";
    what += to_string(button.channel);
    const bool by_line = button.channel == Channel::call || button.channel == Channel::text;
    struct Rule {
        std::string_view key;
        bool useful;
        bool needed;
        std::string_view example;
        std::string_view home;
    };
    const Rule rules[] = {
        {"line", by_line, by_line, "one of the brand's lines", "call and text"},
        {"address", button.channel == Channel::email, button.channel == Channel::email && !is_form,
         "the address that customers write to", "email"},
        {"whatsapp", button.channel == Channel::dm, false, "", "dm"},
    };
    for (const Rule& rule : rules) {
        const bool there = fields.find(rule.key) != nullptr;
        const std::string key(rule.key);
        if (rule.needed && !there) {
            std::string message = what;
            message.append(" and has no ").append(shown(key)).append("; add ").append(key);
            message.append(": ").append(rule.example);
            report.error(where, std::move(message));
        }
        if (there && !rule.useful) {
            std::string message = what;
            message.append("; ").append(shown(key)).append(" is for channel ").append(rule.home);
            message.append("; remove it or change the channel");
            report.error(fields.where(key), std::move(message));
        }
    }
}

std::optional<Channel> read_button_channel(const YamlNode* node, Report& report) {
    const auto channel = read_value(node, kChannel, report);
    if (channel != Channel::post) return channel;
    report.error(
        node->where,
        "a post is written in public and has no button; use call, text, email, dm or chat");
    return std::nullopt;
}

void read_button(const Entry& entry, BrandReading& reading) {
    Report& report = reading.report;
    auto& places = reading.draft.places;
    Button button;
    button.name = entry.key;
    KeyReader fields(&entry.value, "button " + shown(entry.key), report);
    button.profile = read_reference(fields.need("profile", "add profile: the one that shows it"),
                                    "profile", reading.profiles, report);
    const auto channel = read_button_channel(
        fields.need("channel", "add channel: call, text, email, dm or chat"), report);
    button.channel = channel.value_or(Channel::chat);
    const YamlNode* line = fields.find("line");
    button.line = read_reference(line, "line", reading.lines, report);
    const YamlNode* address = fields.find("address");
    button.address = read_value(address, kEmail, report).value_or("");
    button.whatsapp = read_quoted(fields.find("whatsapp"), kPhone, report).value_or("");
    button.campaign =
        read_reference(fields.find("campaign"), "campaign", reading.campaigns, report);
    const YamlNode* prefill = fields.find("prefill");
    button.prefill = read_text(prefill, report).value_or("");
    button.language = read_value(fields.find("language"), kLanguage, report).value_or("");
    fields.done();
    if (button.prefill.size() > kPrefillBytesMax) {
        report.error(prefill->where, "a prefill has at most 1000 bytes; shorten it");
    }
    const auto profile = reading.draft.brand.profiles.find(button.profile);
    const bool is_form = profile != reading.draft.brand.profiles.end() &&
                         profile->second.source == "web" && !profile->second.connection.empty();
    if (channel) check_channel_keys(button, is_form, fields, entry.where, report);
    if (line != nullptr) places[{"button line", entry.key}] = line->where;
    if (address != nullptr) places[{"button address", entry.key}] = address->where;
    places[{"button", entry.key}] = entry.where;
    if (channel) reading.draft.brand.buttons[entry.key] = std::move(button);
}

}  // namespace

void read_profiles(const YamlNode* section, BrandReading& reading) {
    for (const Entry* entry : read_named(section, "profile", reading.report)) {
        read_profile(*entry, reading);
    }
}

void read_campaigns(const YamlNode* section, BrandReading& reading) {
    for (const Entry* entry : read_named(section, "campaign", reading.report)) {
        read_campaign(*entry, reading);
    }
}

void read_lines(const YamlNode* section, BrandReading& reading) {
    if (section == nullptr || section->kind == YamlNode::Kind::refused) return;
    if (section->kind != YamlNode::Kind::map) {
        report_shape(*section, "a map from phone numbers to lines", "", reading.report);
        return;
    }
    for (const Entry& entry : section->entries) read_line(entry, reading);
}

void read_buttons(const YamlNode* section, BrandReading& reading) {
    for (const Entry* entry : read_named(section, "button", reading.report)) {
        read_button(*entry, reading);
    }
}

}  // namespace tapline
