#include "config/tools/test_reply.h"

#include "adapters/usual_reply.h"
#include "routes/place.h"

namespace tapline {

namespace {

std::string connection_of(const Brand& brand, const Event& event) {
    if (!event.connection.empty()) return event.connection;
    const auto line = brand.lines.find(event.line);
    if (line != brand.lines.end()) return line->second.connection;
    const auto profile = brand.profiles.find(place(brand, event, std::nullopt).profile);
    return profile == brand.profiles.end() ? std::string() : profile->second.connection;
}

// The brand's account, line or address.
std::string account_of(const Brand& brand, const Event& event) {
    if (!event.line.empty()) return event.line;
    if (event.channel == Channel::email) return event.address;
    if (!event.account.empty()) return event.account;
    const auto profile = brand.profiles.find(place(brand, event, std::nullopt).profile);
    return profile == brand.profiles.end() ? std::string() : profile->second.account;
}

std::string customer_of(const Event& event) {
    const Customer& customer = event.customer;
    if (event.channel == Channel::post) return event.event_id;
    if (event.channel == Channel::email) return customer.email;
    if (!customer.platform_id.empty()) return customer.platform_id;
    return customer.phone.empty() ? customer.handle : customer.phone;
}

}  // namespace

void set_reply(const std::map<std::string, Connection>& connections, const Brand& brand,
               TestContact& contact) {
    Event& event = contact.event;
    const auto found = connections.find(connection_of(brand, event));
    const bool known = found != connections.end();
    const UsualReply usual =
        usual_reply(known ? found->second.provider : std::string(), event.channel,
                    known ? found->second.reply_window : std::chrono::seconds(0));
    if (usual.how.empty()) return;
    event.reply = {std::string(usual.how), account_of(brand, event), customer_of(event)};
    if (usual.window) event.reply_before = event.occurred_at + *usual.window;
}

}  // namespace tapline
