// Where `tapline send` sends an event, what it is signed with, and how the gateway will read it.
//
//     if (auto usable = check_usage(options); !usable) ...
//     auto target = find_target(config, options);
//     auto request = sign_event(config, *target, options, body);
//     Placed placed = events_of(config, *target, *request);
//
// Pure but for the clock and the randomness of what is made up; the tour of `serve` uses the same.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/source.h"
#include "config/config.h"
#include "gateway/cli/cli.h"

namespace tapline {

struct Target {
    const Source* source = nullptr;
    Connection connection;  // of `events`: none is configured, only name and brand are set
    SourceSecrets secrets;
    std::string path;                    // below the public URL
    std::shared_ptr<const Brand> brand;  // of `events`: the one that is addressed
};

// Whether the command line can be understood. Error bad_request: no such provider, options that do
// not go together or that the provider has no use for, bytes that are not UTF-8.
Result<void> check_usage(const SendOptions& options);

// Error bad_request: no such connection or brand. Error bad_config: there is nothing to sign with.
// REQUIRES: check_usage accepted the options.
Result<Target> find_target(const Config& config, const SendOptions& options);

// What --to names, as the provider writes it: "ig-call" -> "+18005550100", "ig-dm" -> the account
// of its profile. For `events` it stays the button's name. Without --to it is the first that the
// config declares for this connection and kind of contact. Error bad_request: it is neither an
// account, a line, an address nor a button that this connection serves; the message lists those.
Result<std::string> find_contacted(const Config& config, const Target& target,
                                   const SendOptions& options);

// The request as the provider signs it: `body`, or a made-up event where it is empty.
Result<SignedRequest> sign_event(const Config& config, const Target& target,
                                 const SendOptions& options, std::string body);

// The events of the request as the gateway reads them, with their brands, and why what else is in
// it cannot be used.
struct Placed {
    std::vector<std::pair<std::shared_ptr<const Brand>, Event>> events;
    std::vector<std::string> faults;
};
Placed events_of(const Config& config, const Target& target, const SignedRequest& request);

}  // namespace tapline
