// The packed strings in Redis: seen mark, journey, customer.
//
// Fields are separated by TAB and stand in a fixed order behind a version; tabs and line breaks
// inside a field become spaces, except in a mark's last field, which is the rest of the string.
// A record with another version or too few fields reads as nothing: the caller goes on as if it
// had expired.
//
//     mark      1 state number queue route due_at body_hash reply...
//     journey   1 founder started_at source profile button campaign campaign_by queue route
//               contacts last_at last_outcome attribution replied_at public_post closed_publicly
//               customer
//     customer  1 contacts last_at open_number open_since last_outcome thread_ref thread_ref_at
//               thread_attribution recent latest_number
//
// A journey without what stands behind its attribution, and a customer without what stands behind
// thread_ref_at, reads as if that were empty.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/clock.h"
#include "routes/evaluate.h"
#include "routes/place.h"

namespace tapline {

// Lives: how long records stay without a new write.
inline constexpr Milliseconds kSeenLife = std::chrono::hours(8 * 24);  // the dedupe window
inline constexpr Milliseconds kJourneyLife = std::chrono::hours(90 * 24);
inline constexpr Milliseconds kTapLife = std::chrono::hours(30 * 24);
inline constexpr Milliseconds kCustomerLife = std::chrono::hours(90 * 24);

// What became of an event: enough to answer its redelivery as before.
struct Mark {
    // A contact's: "queued", "held", "gathering", "merged", "suppressed". Else "recorded" or
    // "quarantined".
    std::string state;
    std::string number;  // display form; "" for what belongs to no journey
    std::string queue;
    std::string route;
    std::optional<Time> due_at;
    std::string body_hash;
    std::string reply;  // body of the answer; "" for the provider's default
};
std::string pack(const Mark& mark);
std::optional<Mark> unpack_mark(std::string_view packed);

// The public post that a journey began with. Packed as "URL HOW ACCOUNT TO", with "-" for what the
// provider does not tell: at Instagram a comment has no URL.
struct PublicPost {
    std::string url;
    ReplyAddress reply;  // answers under it, for everybody to see
};
// Nothing for "".
std::optional<PublicPost> unpack_public_post(std::string_view packed);

struct JourneyRecord {
    Journey journey;
    std::string route;
    Time last_at{};
    std::string attribution;                // the click's parameters, form-encoded (facts.h)
    std::optional<Time> replied_at;         // when we last answered by ourselves
    std::optional<PublicPost> public_post;  // that it began with
    std::string closed_publicly;            // the steward's: that the follow-up for it was made
    std::string customer;                   // keyed hash; "" = anonymous
};
std::string pack(const JourneyRecord& record);
std::optional<JourneyRecord> unpack_journey(TrackingNumber number, std::string_view packed);
// The journey that `event` founds, without a contact yet.
JourneyRecord found_journey(std::string_view founder, const Event& event, const Place& place,
                            Time now);
void count_contact(JourneyRecord& record, const Decision& decision);

struct CustomerRecord {
    int contacts = 0;
    Time last_at{};
    std::string open_number;  // the oldest journey without an outcome
    std::optional<Time> open_since;
    std::string last_outcome;
    // The link or ad by which the customer opened the thread, until the next contact.
    std::string thread_ref;
    Time thread_ref_at{};
    std::string thread_attribution;  // its referral, form-encoded (facts.h)
    std::vector<Time> recent;        // the last contacts, newest first, to the second
    std::string latest_number;       // journey of the last contact, compact form
};
std::string pack(const CustomerRecord& record);
std::optional<CustomerRecord> unpack_customer(std::string_view packed);
void count_contact(CustomerRecord& record, TrackingNumber number, Time now);
CustomerFacts facts_of(const std::optional<CustomerRecord>& record);

}  // namespace tapline
