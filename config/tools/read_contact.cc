// The contact of a test: what is said of the event, the customer and the moment.
#include <algorithm>
#include <array>

#include "adapters/crypto.h"
#include "config/tools/local_time.h"
#include "config/tools/read_tests.h"
#include "routes/attribution_match.h"
#include "routes/region.h"

namespace tapline {

namespace {

using std::chrono::seconds;

Parsed<bool> parse_truth(std::string_view written) {
    if (written == "true") return true;
    if (written == "false") return false;
    return tl::unexpected<std::string>("");
}

Parsed<std::string> parse_region_name(std::string_view written) {
    if (is_region(written)) return std::string(written);
    return tl::unexpected<std::string>("");
}

Parsed<std::string> parse_auth(std::string_view written) {
    for (const std::string_view one : {"signature", "api_key", "basic_auth", "none"}) {
        if (written == one) return std::string(written);
    }
    return tl::unexpected<std::string>("");
}

constexpr ValueKind<bool> kTruth = {"true or false", parse_truth};
constexpr ValueKind<std::string> kRegionName = {"a region like US-GA, DE or unknown",
                                                parse_region_name};
constexpr ValueKind<std::string> kAuth = {"signature, api_key, basic_auth or none", parse_auth};

// Who writes: a phone number, an address, a handle or a platform's id.
void read_from(const YamlNode* node, Report& report, Customer& customer) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return;
    if (node->kind == YamlNode::Kind::scalar && node->text.starts_with('+')) {
        customer.phone = read_quoted(node, kPhone, report).value_or("");
        return;
    }
    const std::string from = read_text(node, report).value_or("");
    if (from.starts_with('@')) {
        customer.handle = from.substr(1);
    } else if (from.find('@') != std::string::npos) {
        customer.email = from;
    } else {
        customer.platform_id = from;
    }
}

// The button as a customer uses it: by its line, address or link.
void use_button(const Button& button, Event& event) {
    event.channel = button.channel;
    if (!button.line.empty()) {
        event.line = button.line;
    } else if (!button.address.empty()) {
        event.address = button.address;
    } else if (!button.whatsapp.empty()) {
        event.line = button.whatsapp;
    } else {
        event.ref = button.name;
    }
}

// What was called or written to: a number, an address or an account.
void read_to(const YamlNode* node, Report& report, Event& event) {
    if (node == nullptr) return;
    if (node->kind == YamlNode::Kind::scalar && node->text.starts_with('+')) {
        event.line = read_quoted(node, kPhone, report).value_or("");
        return;
    }
    const std::string to = read_text(node, report).value_or("");
    (to.find('@') == std::string::npos ? event.account : event.address) = to;
}

void read_fields(const YamlNode* node, Report& report, Fields& fields) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return;
    if (node->kind != YamlNode::Kind::map) {
        report_shape(*node, "a map from attribution fields to values",
                     "write {utm_source: instagram}", report);
        return;
    }
    for (const Entry& entry : node->entries) {
        const auto value = read_text(&entry.value, report);
        if (value) fields.emplace_back(entry.key, *value);
    }
}

// By what the customer came, where no button says it.
void read_channel(KeyReader& fields, const std::string& what, const ContactReading& reading,
                  bool has_button, Event& event) {
    const YamlNode* node = fields.find("channel");
    const auto channel = read_value(node, kChannel, reading.report);
    if (channel) {
        event.channel = *channel;
    } else if (node == nullptr && !has_button) {
        if (!event.address.empty() || !event.customer.email.empty()) {
            event.channel = Channel::email;
        } else if (!event.line.empty() && event.text.empty()) {
            event.channel = Channel::call;
        } else if (!event.line.empty()) {
            event.channel = Channel::text;
        } else {
            reading.report.error(fields.where("channel"),
                                 what + " says neither a button nor a channel; add channel: text");
        }
    }
    event.type = "contact." + std::string(to_string(event.channel));
    event.is_public = event.channel == Channel::post;
}

void read_profile(KeyReader& fields, const ContactReading& reading, Event& event) {
    const YamlNode* node = fields.find("profile");
    event.profile = read_reference(node, "profile", reading.names.profiles, reading.report);
    const auto found = reading.brand.profiles.find(event.profile);
    if (found == reading.brand.profiles.end()) return;
    event.connection = found->second.connection;
    event.account = found->second.account;
}

// The ages of the customer's earlier contacts, the newest first.
std::vector<seconds> read_ages(const YamlNode* node, Report& report) {
    std::vector<seconds> ages;
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return ages;
    if (node->kind == YamlNode::Kind::scalar) {
        const auto count = read_value(node, kCount, report).value_or(0);
        for (std::size_t i = 1; i <= std::min(count, kRecentContactsMax); ++i) {
            ages.emplace_back(std::chrono::hours(24 * static_cast<int>(i)));
        }
        return ages;
    }
    for (const YamlNode* item : read_items(node, "a number, or ages like [2h, 3d]", report)) {
        if (const auto age = read_value(item, kDuration, report)) ages.push_back(*age);
    }
    std::sort(ages.begin(), ages.end());
    return ages;
}

void read_open_journey(const YamlNode* node, const std::string& what, const ContactReading& reading,
                       TestContact& contact) {
    if (node == nullptr) return;
    KeyReader fields(node, what + " open_journey", reading.report);
    OpenJourney journey;
    journey.number = "7K3M9Q2X4";
    journey.queue = read_reference(fields.need("queue", "add queue: the one that owns it"), "queue",
                                   reading.names.queues, reading.report);
    const auto ago = read_value(fields.need("ago", "add ago: how long ago its last contact was"),
                                kDuration, reading.report);
    fields.done();
    journey.last_at = contact.at - ago.value_or(seconds(0));
    contact.customer.open_since = journey.last_at;
    contact.customer.open_journey = journey;
}

void read_customer(const YamlNode* node, const std::string& what, const ContactReading& reading,
                   TestContact& contact) {
    CustomerFacts& customer = contact.customer;
    Report& report = reading.report;
    if (node == nullptr) return;
    KeyReader fields(node, what + " customer", report);
    const auto known = read_value(fields.find("known"), kTruth, report);
    for (const seconds age : read_ages(fields.find("contacts"), report)) {
        if (customer.recent.size() == kRecentContactsMax) break;
        customer.recent.push_back(contact.at - age);
    }
    read_open_journey(fields.find("open_journey"), what, reading, contact);
    const auto replied = read_value(fields.find("replied"), kDuration, report);
    if (replied) customer.replied_at = contact.at - *replied;
    customer.last_outcome = read_text(fields.find("last_outcome"), report).value_or("");
    contact.arm = read_reference(fields.find("arm"), "arm", reading.names.arms, report);
    fields.done();
    if (customer.open_journey && customer.recent.empty()) {
        customer.recent.push_back(customer.open_journey->last_at);
    }
    customer.earlier_contacts = static_cast<int>(customer.recent.size());
    if (!customer.recent.empty()) customer.last_contact_at = customer.recent.front();
    customer.known = known.value_or(!customer.recent.empty());
    if (known == false && !customer.recent.empty()) {
        report.error(fields.where("known"),
                     what + " has a customer who is not known and has contacts; remove one");
    }
}

void read_switches_on(const YamlNode* node, const ContactReading& reading, TestContact& contact) {
    if (node == nullptr) return;
    const Time until = contact.at + std::chrono::hours(24);
    auto& on = contact.situation.switches;
    if (node->kind != YamlNode::Kind::map) {
        for (const std::string& name :
             read_references(node, "switch", reading.names.switches, reading.report)) {
            on[name] = SwitchState{until, {}};
        }
        return;
    }
    for (const Entry& entry : node->entries) {
        SwitchState state{until, {}};
        for (const YamlNode* item : read_items(&entry.value, "regions", reading.report)) {
            if (auto region = read_value(item, kRegionName, reading.report)) {
                state.regions.push_back(*std::move(region));
            }
        }
        if (check_name("switch", entry.key, entry.where, reading.names.switches, reading.report)) {
            on[entry.key] = std::move(state);
        }
    }
}

// Anybody else is another customer, so that who is in which arm of a pilot is the same each time.
std::string key_of(const Customer& customer) {
    return sha256_hex(customer.phone + "\n" + customer.email + "\n" + customer.handle + "\n" +
                      customer.platform_id);
}

}  // namespace

void read_test_event(const YamlNode& node, const std::string& what, const ContactReading& reading,
                     TestContact& contact) {
    Report& report = reading.report;
    Event& event = contact.event;
    KeyReader fields(&node, what + " event", report);
    event.event_id = "test";
    event.provider = "tapline";
    event.brand = reading.brand.name;
    read_from(fields.find("from"), report, event.customer);
    const std::string name =
        read_reference(fields.find("button"), "button", reading.names.buttons, report);
    const auto button = reading.brand.buttons.find(name);
    if (button != reading.brand.buttons.end()) use_button(button->second, event);
    read_profile(fields, reading, event);
    read_to(fields.find("to"), report, event);
    if (const YamlNode* line = fields.find("line")) {
        event.line = read_quoted(line, kPhone, report).value_or("");
    }
    event.address = read_value(fields.find("address"), kEmail, report).value_or(event.address);
    event.ref = read_text(fields.find("ref"), report).value_or(event.ref);
    event.text = read_text(fields.find("text"), report).value_or("");
    event.subject = read_text(fields.find("subject"), report).value_or("");
    event.language = read_text(fields.find("language"), report).value_or("");
    event.auth = read_value(fields.find("auth"), kAuth, report).value_or("signature");
    read_fields(fields.find("attribution"), report, event.attribution);
    read_channel(fields, what, reading, fields.find("button") != nullptr, event);
    event.is_public = read_value(fields.find("public"), kTruth, report).value_or(event.is_public);
    if (read_value(fields.find("missed"), kTruth, report).value_or(false)) {
        event.call_step = CallStep{"test", CallStep::Kind::missed, std::nullopt};
    }
    contact.source = read_reference(fields.find("source"), "source", reading.names.sources, report);
    contact.region = read_value(fields.find("region"), kRegionName, report).value_or("");
    fields.done();
    contact.customer.key = key_of(event.customer);
}

TestContact read_contact(KeyReader& fields, const std::string& what, std::optional<Time> now,
                         const ContactReading& reading) {
    Report& report = reading.report;
    TestContact contact;
    const YamlNode* at = now ? fields.find("at")
                             : fields.need("at",
                                           "add at: the time by the brand's clock, like "
                                           "2026-03-09 12:30");
    if (now) contact.at = *now;
    if (const auto local = read_value(at, kLocalTime, report)) {
        const auto moment = moment_of(*local, reading.zone);
        if (moment) contact.at = *moment;
        if (!moment) {
            report.error(at->where, "the clocks skip " + shown(at->text) + " in " +
                                        reading.brand.timezone + "; write another time");
        }
    }
    const YamlNode* event = fields.need("event", "add event: {button: ..., from: ..., text: ...}");
    if (event != nullptr) read_test_event(*event, what, reading, contact);
    contact.event.occurred_at = contact.at;
    read_customer(fields.find("customer"), what, reading, contact);
    read_switches_on(fields.find("switches"), reading, contact);
    contact.customer.opted_out =
        read_value(fields.find("opted_out"), kTruth, report).value_or(false);
    if (read_value(fields.find("suppressed"), kTruth, report).value_or(false)) {
        contact.customer.suppressed =
            Suppression{"test", "test", contact.at + std::chrono::hours(24)};
        contact.situation.has_suppressions = true;
    }
    return contact;
}

}  // namespace tapline
