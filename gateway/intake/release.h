// Releasing a held entry to its queue (release.lua).
//
//     auto released = release_entry(link, script, brand, {ident, "", now, now});   // steward
//     const ReleaseWords words(brand, held, now, std::nullopt);                    // a handler
//     link.submit_script(script, words.keys(), words.args(), on_reply);
//
// Any number of callers may release the same entry: one of them does, the others find it gone.
// Pure but for `release_entry`, which waits for Redis; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/clock.h"
#include "gateway/intake/held.h"
#include "gateway/redis/link.h"
#include "routes/brand.h"

namespace tapline {

redis::Script release_script();

// One call of the script, in the order that its header gives. `latest`: only when its timer is at
// or before this; nothing: whatever the timer says.
class ReleaseWords {
  public:
    ReleaseWords(const Brand& brand, const HeldEntry& held, Time now, std::optional<Time> latest);
    ~ReleaseWords() = default;
    ReleaseWords(const ReleaseWords&) = delete;
    ReleaseWords& operator=(const ReleaseWords&) = delete;

    const std::vector<std::string_view>& keys() const { return keys_; }
    const std::vector<std::string_view>& args() const { return args_; }

  private:
    std::vector<std::string> owned_keys_;
    std::vector<std::string> owned_args_;
    std::vector<std::string_view> keys_;
    std::vector<std::string_view> args_;
};

struct Released {
    // gone: somebody else released it. early: its timer was set anew, and stands after `latest`.
    // changed: what was read of it is no longer so; read it again.
    enum class End { released, gone, early, changed };

    End end = End::gone;
    std::string lane;   // released: "sales" or "sales:express"
    std::string entry;  // its id on that stream
    std::string kind;   // as it was held: "hours", "switch", "patience"
};

// What the script answered; an error as `checked` (script_answer.h) says.
Result<Released> released_of(Result<redis::Reply> reply);

// Which entry to release; `switch_name` is "" for one that `delayed` has.
struct ReleaseCall {
    std::string_view member;  // of its timer
    std::string_view switch_name;
    Time now{};
    std::optional<Time> latest;
};

// Reads the entry and releases it, waiting for Redis. A member of the timer that has no entry is
// taken off. Error unavailable: Redis is away; any other: this entry cannot be released as it is.
// REQUIRES: not called from a completion or a request handler.
Result<Released> release_entry(redis::Link& link, const redis::Script& script, const Brand& brand,
                               const ReleaseCall& call);

}  // namespace tapline
