// Placing an event: which profile and button it came by, which campaign, from which region.
//
// Pure; safe from any thread. Names that the brand does not know (a ref that is no button, a line
// of nobody) are no evidence: the next rule is tried.
//
// Button and attribution, the first rule that yields wins:
//
//     evidence                                                    attribution
//     1 a live journey that the event names: its profile, button  exact_ref
//     2 `ref` is a button's name                                  exact_ref
//     3 `button`, named outright by the brand's own app           exact_ref
//     4 `line` that a button of the event's channel has, else a   exact_line
//       button of the other (who texts the number that is shown
//       for calls has seen the same button)
//     5 `address`, in any case, that a button has as it is, else  exact_line
//       with its plus tags taken off from the right:
//       hello+ig+7k3@ -> hello+ig@ -> hello@
//     6 `profile`, else (connection, account): the profile, and   exact_line
//       its button if it has exactly one of the event's channel;
//       no account is the profile that names only the connection
//     7 the same profile with no or several such buttons          unknown
//
// Source: of the journey, else of the profile, else `utm_source` when a profile of the brand has
// that source ("twitter" is "x"), else "unknown".
//
// Campaign, the first rule that yields wins; a name that equals a declared campaign's but for case
// is spelled as declared:
//
//     the event's own utm_campaign                                          "utm"
//     the journey's; then nothing else is tried                             "journey"
//     `ref` is a campaign's name                                            "ref"
//     the button names one that has no dates, or is within its dates        "button"
//     one lists the button and is within its dates at `occurred_at`: of     "dates"
//     several the one that began last, then the first by name
//     the same, but it has no dates                                         "button"
//
// Region: of the customer's phone number (routes/region.h).
//
// Language: the event's own, else the button's, else the profile's, else "unknown".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "routes/brand.h"
#include "routes/event.h"
#include "routes/tracking_number.h"

namespace tapline {

enum class Attribution { exact_ref, exact_line, pool_window, overflow, unknown };
std::string_view to_string(Attribution attribution);

// The live part of a journey that an event may join: what the founding event knew.
struct Journey {
    TrackingNumber number = TrackingNumber::from_bits(0);
    std::string founder;  // hash of the founding event's identity
    Time started_at{};
    std::string source;
    std::string profile;
    std::string button;
    std::string campaign;
    std::string campaign_by;
    std::string queue;  // "" while only taps belong to it
    int contacts = 0;   // contacts so far
    std::string last_outcome;
};

struct Place {
    std::string source;   // "instagram", ...; "unknown" when nothing says it
    std::string profile;  // "" when unknown
    std::string button;   // "" when unknown
    std::string campaign;
    std::string campaign_by;  // "utm", "ref", "dates", "button", "journey" or ""
    Attribution attribution = Attribution::unknown;
    std::string region = "unknown";
    std::string language = "unknown";  // BCP 47 in lower case
};

// `journey` is the live journey that the event names, if any.
// REQUIRES: brand.index() was called.
Place place(const Brand& brand, const Event& event, const std::optional<Journey>& journey);

}  // namespace tapline
