// From the items of a verified webhook to what is accepted or kept in quarantine.
//
// Each event gets its brand, its replay key and the maker of its answer; what nobody claims or what
// cannot be used becomes a quarantined item; a fact that asks for nothing becomes nothing.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/source.h"
#include "gateway/intake/batch.h"
#include "gateway/intake/gateway_state.h"

namespace tapline {

// What the answer needs after the request's own bytes are gone.
struct HookCall {
    GatewayState& state;
    const Source& source;
    std::shared_ptr<const Settings> settings;  // of which the connection is one
    const Connection& connection;
    Answer ok = {};  // to a request of which nothing else has to be said
    std::string request_id = {};
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    // What to answer when nothing could be recorded and a caller waits on the line.
    std::optional<std::string> call_reply = {};
    // What to answer a call that cannot be used or that no brand claims; it is kept in quarantine.
    std::string unclaimed_reply = {};
    // What was authenticated, where one request is one event: the form may be altered and still
    // hold.
    std::string replay_key = {};
    bool is_proven = true;  // false where the config accepts requests without a signature
    int quarantined = 0;
    bool body_kept = false;  // the whole body goes into quarantine once, not once an item
};

// What the config says of an event and its adapter cannot know: which of a mail's addresses is a
// button's, and that who wrote is an account of a brand of the connection, so that it is an echo.
void settle(const BrandIndex& brands, const Connection& connection, ParsedItem& item);

// `body` is the request's, for items that have no bytes of their own. What a caller would have to
// hear is left in `call`.
std::vector<BatchItem> hook_items(HookCall& call, const Verified& verified,
                                  Result<std::vector<ParsedItem>> parsed, std::string_view body);

}  // namespace tapline
