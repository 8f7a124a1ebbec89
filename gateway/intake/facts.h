// Facts: what the feed says of an event. Five fields: `fact`, `id`, `tracking_number`, `at` (ms)
// and `body` (JSON). Never a message text, name, phone number or address: a customer appears as the
// keyed hash only.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "routes/evaluate.h"

namespace tapline {

struct FactContext {
    const Brand& brand;
    const Event& event;
    const Place& place;
    const Decision& decision;
    std::string_view tracking_number;
    std::string_view customer;  // keyed hash, "" when anonymous
    Time now;
    // What the end of a call says beside that; nothing for everything else.
    std::optional<std::chrono::seconds> talk = {};
    std::string_view recording = {};
    std::string_view name =
        {};  // of the fact, where the event and decision do not say it: "merged"
};

// `fact` is "tap", "recorded", or of a contact what became of it: "queued", "held", "gathering",
// "merged", "suppressed". `arm` and `pilot`, `priority`, `release_at` and `switch` stand in the
// body where they say something: a pilot's contact, express, held. accept.lua has these names too,
// in this order.
std::vector<std::pair<std::string_view, std::string>> event_fact(const FactContext& context);

std::string quarantine_fact_body(std::string_view connection, std::string_view reason);

// What a journey keeps of its founder's attribution for the contacts that follow (form-encoded, at
// most 2 KiB, the longest landing URL that ad platforms take), and back: fields that `event` has
// already are left as they are. Kept is what tells how the customer came, and nothing else: click
// fields (adapters/click.h), `referral.*`, and the page that a form or chat stood on (`page.url`,
// `page.title`, `page.referrer`). All else is of one event: what a provider says of a message or a
// call, what was typed, names of the sender's own; it may be personal, and a route that asks for
// `mail.spf` must not find another mail's. A record that holds more gives no more than that.
// Click ids have the first right to the place, then utm_* and ids of ads, then everything else;
// what does not fit is left out.
std::string pack_attribution(const Fields& attribution);
void merge_attribution(Fields& event, std::string_view packed);

// Whether an event itself tells of an ad or a link that led to it (`referral.*`).
bool has_referral(const Fields& attribution);

}  // namespace tapline
