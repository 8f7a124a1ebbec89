// The brand of the design's example, as far as routes need it, for the tests of this folder.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "routes/brand.h"

namespace tapline {

// Midnight UTC of a day of 2026.
inline Time day(unsigned month, unsigned day_of_month) {
    return std::chrono::sys_days(std::chrono::year(2026) / std::chrono::month(month) /
                                 std::chrono::day(day_of_month));
}

inline Button& add_button(Brand& brand, const std::string& name, const std::string& profile,
                          Channel channel) {
    Button& button = brand.buttons[name];
    button.name = name;
    button.profile = profile;
    button.channel = channel;
    return button;
}

inline Queue& add_queue(Brand& brand, const std::string& name) {
    Queue& queue = brand.queues[name];
    queue.name = name;
    return queue;
}

inline Campaign& add_campaign(Brand& brand, const std::string& name, std::optional<Time> from,
                              std::vector<std::string> buttons) {
    Campaign& campaign = brand.campaigns[name];
    campaign.name = name;
    campaign.from = from;
    campaign.buttons = std::move(buttons);
    return campaign;
}

inline Route& add_route(Brand& brand, const std::string& name, const std::string& to) {
    Route& route = brand.routes.emplace_back();
    route.name = name;
    route.to = to;
    return route;
}

// Without routes, and not indexed yet, so that a test can change it.
inline Brand sample_brand() {
    Brand brand;
    brand.name = "acme";
    brand.profiles["shop"] = {"shop", "instagram", "meta-main", "17841400000000001", ""};
    brand.profiles["acme-x"] = {"acme-x", "x", "x-main", "2244994945", ""};

    add_button(brand, "ig-call", "shop", Channel::call).line = "+18005550100";
    add_button(brand, "ig-text", "shop", Channel::text).line = "+18005550101";
    add_button(brand, "ig-email", "shop", Channel::email).address = "Hello+IG@acme.example";
    add_button(brand, "ig-dm", "shop", Channel::dm);
    add_button(brand, "x-dm", "acme-x", Channel::dm);
    add_button(brand, "x-dm-bio", "acme-x", Channel::dm);
    add_button(brand, "x-email", "acme-x", Channel::email).address = "hello@acme.example";

    Queue& sales = add_queue(brand, "sales");
    sales.respond_within = std::chrono::minutes(15);
    sales.respond_within_by_channel.at(static_cast<std::size_t>(Channel::call)) =
        std::chrono::seconds(20);
    sales.dial = {{"+14045550110", "sip:sales@pbx.acme.example"}, "+18005550100"};
    sales.reply = "Your reference is {tracking_number}.";
    add_queue(brand, "care");
    add_queue(brand, "retention").respond_within = std::chrono::minutes(10);
    return brand;
}

}  // namespace tapline
