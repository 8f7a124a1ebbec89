// Whether all gateways of one Redis decide by the same config.
//
//     tapline:{_}:gateways   hash: instance -> {"hash":"3f2a9c01d4e7","at":1773066600210,
//                                               "version":"0.1.0"}
//
// An instance is a random name that a gateway has from its start to its end; neither its address
// nor its machine is told. Each writes its own field once a second. One that was not heard for
// kSilentGateway does not count (it ended, or lost Redis), and one that was not heard for
// kForgottenGateway is removed; a gateway that was removed while it lives writes itself anew.
#pragma once

#include <optional>
#include <string>

#include "gateway/intake/gateway_state.h"
#include "gateway/redis/link.h"

namespace tapline {

inline constexpr std::string_view kDiffersAlarm = "config.differs";
inline constexpr Milliseconds kSilentGateway = std::chrono::seconds(10);
inline constexpr Milliseconds kForgottenGateway = std::chrono::minutes(1);
// So long a difference is a rollout, and longer an alarm.
inline constexpr Milliseconds kDiffersPatience = std::chrono::seconds(30);

// Of one gateway. Used by the steward's thread alone.
class ConfigHashes {
  public:
    explicit ConfigHashes(std::string instance) : instance_(std::move(instance)) {}

    // Tells this gateway's hash, reads the others', raises or clears the alarm. The clock is the
    // acceptor's. Error unavailable: Redis is away.
    Result<void> watch(GatewayState& state, redis::Link& link);
    // Leaves the record, so that nobody waits for this gateway. Best effort.
    void leave(redis::Link& link) const;

  private:
    const std::string instance_;
    std::optional<Time> differs_since_;
};

}  // namespace tapline
