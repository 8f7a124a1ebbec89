// What holds for a brand now: switches that are on, pilots that are stopped, whether anybody is
// suppressed. Read once a second and given to the routes (GatewayState::situation).
//
// In Redis: `switches` is a hash of JSON by name, {"until", "author", "reason", "regions", "since"}
// with times in ms; `pilots` has a field "PILOT stopped"; `suppressed` is a hash of JSON by keyed
// hash of the customer, {"reason", "author", "until"}.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "gateway/steward/duty.h"
#include "routes/situation.h"

namespace tapline {

struct SwitchRecord {
    SwitchState state;
    std::string author;
    std::string reason;
    Time since{};
};
std::string to_json(const SwitchRecord& record);
// Nothing where the text is not one.
std::optional<SwitchRecord> switch_of(const std::string& stored);

struct SuppressionRecord {
    std::string reason;
    std::string author;
    Time until{};
};
std::string to_json(const SuppressionRecord& record);
std::optional<SuppressionRecord> suppression_of(const std::string& stored);

struct SituationFigures {
    std::size_t switches_on = 0;
    std::int64_t suppressed = 0;
};

// Takes switches off whose time is over (fact `switch_expired`), and gives what then holds to
// state.situations. Answers the figures. What cannot be read for another reason than that Redis is
// away stays as it was read before; the rest holds, and the trouble is answered.
Result<SituationFigures> read_situation(const Duty& duty);

// Whether it was read for each brand: before that no contact can be routed, and the gateway is not
// ready.
bool knows_situations(const GatewayState& state);

// Takes off a page of suppressions whose time is over (fact `suppression_expired`). `cursor` goes
// from page to page; begin with an empty one.
Result<void> expire_suppressions(const Duty& duty, std::string& cursor);

}  // namespace tapline
