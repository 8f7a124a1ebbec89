// One brand's config as typed values: what `place` and `evaluate` work on.
//
// The config layer builds a Brand and checks it: every name that is used exists, the default route
// is there, lines and accounts are unique. After `index` a Brand is immutable and shared between
// threads as shared_ptr<const Brand>.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "routes/event.h"
#include "routes/hours.h"
#include "routes/queue.h"
#include "routes/route.h"
#include "routes/route_index.h"
#include "routes/when.h"

namespace tapline {

struct Profile {
    std::string name;
    std::string source;         // "instagram", "x", ...
    std::string connection;     // "" when only links and lines use the profile
    std::string account;        // the account id at the provider
    std::string handle;         // for ig.me and X links; "" when not given
    std::string language = {};  // of who writes there, BCP 47 in lower case; "" = not known
};

struct Line {
    std::string number;  // E.164
    std::string connection;
};

// A named contact button. Which of line, address and text it has depends on its channel.
struct Button {
    std::string name;
    std::string profile;
    Channel channel = Channel::dm;
    std::string line;      // call, text: E.164
    std::string address;   // email
    std::string whatsapp;  // dm by wa.me: E.164; "" for the profile's own direct messages
    std::string campaign;
    std::string prefill;        // text placed into the customer's draft; "" for the default
    std::string language = {};  // in place of the profile's
};

struct Campaign {
    std::string name;
    std::optional<Time> from;          // first moment, in the brand's time zone
    std::optional<Time> until;         // first moment after the last day
    std::vector<std::string> buttons;  // empty: holds only where a button or link names it
};

// N different customers on one subject within a time: one escalation instead of hundreds.
struct TopicStep {
    int customers = 0;  // at least so many
    std::string to;     // queue that gets the escalation
};

struct Topic {
    std::string name;
    std::vector<WordPattern> text;
    std::chrono::seconds within{0};
    std::vector<TopicStep> steps;  // by customers, ascending; never empty
    int clear_below = 0;
};

// Something that people turn on while it lasts (`tapline switch`), and routes ask for.
struct Switch {
    std::string name;
    std::string about;
    int release_per_second = 10;  // how fast what it held is released
};

// What the staff's tip sheet says besides what the config tells by itself.
struct Sheet {
    std::string mission;
    std::vector<std::string> standards;
    std::vector<std::string> priorities;
    std::vector<std::string> thresholds;  // in the brand's own words
    std::string emergency;
    std::string in_charge;
};

// An API key or signing secret for the brand's own apps (POST /v1/{brand}/events).
struct BrandSecret {
    std::string name;
    std::string value;                // resolved; never printed
    std::vector<std::string> scopes;  // "events:write", "journeys:read", ...
};

struct Brand {
    std::string name;
    std::string display_name;  // what customers read; "" for the name
    std::string owner;
    std::string timezone = "UTC";  // IANA
    std::string currency;
    std::string config_version;  // hash of the brand's files: stamped on every entry

    std::map<std::string, Profile> profiles;
    std::map<std::string, Line> lines;  // by number
    std::map<std::string, Button> buttons;
    std::map<std::string, Campaign> campaigns;
    std::map<std::string, Hours> hours;
    std::map<std::string, Table> tables;
    std::map<std::string, Switch> switches;
    std::map<std::string, Topic> topics;
    std::map<std::string, Queue> queues;
    std::vector<Route> routes;  // written order; the last is "default" and has no conditions
    // What answering one contact costs, by channel, in `currency`.
    std::array<std::optional<double>, kChannels> costs{};
    Sheet sheet;
    std::vector<BrandSecret> signing_secrets;  // Standard Webhooks, whsec_...
    std::vector<BrandSecret> api_keys;

    // Filled by index().
    std::unordered_map<std::string, std::string> button_by_line_call;
    std::unordered_map<std::string, std::string> button_by_line_text;
    std::unordered_map<std::string, std::string> button_by_whatsapp;  // by number
    std::unordered_map<std::string, std::string> button_by_address;   // by address_key
    std::unordered_map<std::string, std::string> profile_by_account;  // "connection\naccount"
    // By profile, for each channel: its button of that channel, "" where it has several.
    std::array<std::unordered_map<std::string, std::string>, kChannels> button_by_profile;
    std::unordered_map<std::string, std::vector<std::string>> campaigns_by_button;
    RouteIndex route_index;

    const std::string& shown_name() const { return display_name.empty() ? name : display_name; }

    // Builds the look-up tables. Call once, after everything else is filled; a second call builds
    // them anew. Where a broken config has a line, address or account twice, the first name in
    // alphabetical order has it.
    void index();
};

// How addresses are compared: ASCII letters in lower case.
std::string address_key(std::string_view address);

}  // namespace tapline
