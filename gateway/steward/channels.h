// The past of connections, profiles and buttons: kept in Redis by the stewards of all gateways,
// shown by `tapline channels`, /metrics and alarms.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "gateway/intake/gateway_state.h"
#include "gateway/redis/link.h"

namespace tapline {

// By brand (redis::kNoBrand for connections) and field ("button ig-dm").
using HeardTable = std::map<std::pair<std::string, std::string>, HeardRecord>;

// Where the records of a brand, or of the connections, are kept.
std::string heard_key(std::string_view brand);

// The records as they stand. Error unavailable: Redis is away.
Result<HeardTable> read_heard(redis::Link& link, const Config& config);

// Adds what this gateway has noted, and answers the records as they stand then. What another
// gateway changed in between is tried again at the next call; so is everything when Redis fails.
Result<HeardTable> keep_heard(GatewayState& state, redis::Link& link);

// One line of `tapline channels`.
struct ChannelRow {
    std::string brand;  // "" for what serves several
    std::string kind;   // "connection", "handshake", "profile", "button"
    std::string name;
    std::string about;  // provider, source, or channel
    std::optional<HeardRecord> record;
    HeardState state = HeardState::never;
};
// Everything that the config declares, connections first, then brand by brand. Handshakes are those
// of providers that repeat theirs: quiet when none was answered for Source::handshake_every,
// counted from the day on which the connection was first seen.
std::vector<ChannelRow> channel_rows(const Config& config, const HeardTable& heard, Time now);

// Raises or clears the alarm "handshake.CONNECTION" of each handshake among the rows.
void watch_handshakes(const std::vector<ChannelRow>& rows, Alarms& alarms);

}  // namespace tapline
