// A customer's open gathering: the posts that wait together for the next one (routes: patience).
//
//     look_up_gathering(parts, brand, customer, [](Result<std::optional<Gathering>> found) { ...
//     }); const GatherWords words(write); link.submit_script(gather, words.keys(), words.args(),
//     on_reply);
//
// A customer has one gathering at a time. The string `gather:CUSTOMER` names the last one and its
// journey, open or released, for quiet + at_most after its last post: a post that comes after the
// release is an entry of its own, of the same journey. It is open while `held:IDENT` stands
// (held.h); whether a post is still in time is decided by gather.lua, not by this look-up.
//
// Words are pure. Completions run on the link's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/backends/stream.h"
#include "gateway/intake/accept_script.h"
#include "gateway/intake/acceptor.h"
#include "gateway/intake/held.h"

namespace tapline {

// More is not gathered: the entry goes to its queue at once.
inline constexpr std::size_t kGatheredPostsMax = 100;
inline constexpr std::size_t kGatheredBytesMax = 256u << 10;

struct Gathering {
    std::string ident;
    TrackingNumber number = TrackingNumber::from_bits(0);
    std::optional<HeldEntry> held;  // nothing: released
    std::optional<JourneyRecord> journey;
    std::string packed_journey;  // "" = not live any more
};

void look_up_gathering(const AcceptorParts& parts, const std::string& brand,
                       const std::string& customer_hash,
                       std::function<void(Result<std::optional<Gathering>>)> done);

// "instagram-main dm": posts of another connection or channel are answered elsewhere.
std::string place_of(const Event& event);
Milliseconds gathering_life(const Patience& patience);

// What is held of an entry beside its own fields. REQUIRES: the decision's state is held or
// gathering; of a gathering `context` is its first post's, and `number` its journey's.
struct HoldContext {
    const EntryContext& entry;
    std::string_view ident;
    std::string_view number;         // compact form
    std::string_view customer_hash;  // "" = anonymous
    std::optional<Time> first_step;
};
HoldWrite hold_of(const HoldContext& context);

// One call of gather.lua. Views must outlive the words made of it.
struct GatherWrite {
    std::string_view brand;
    std::string_view founder;      // of the post: names its seen mark
    std::string_view replay_hash;  // "" = none
    std::string_view ident;        // of the gathering
    std::string compact_number;
    std::string_view customer_hash;
    std::string mark;
    std::string_view journey_read;
    std::string journey;
    bool any_journey = false;
    std::string_view customer_read;
    std::string customer;
    bool any_customer = false;
    Time now{};
    Patience patience;  // its times
    PostPieces pieces;
    std::optional<Time> reply_before;
    bool flush = false;
    std::vector<std::pair<std::string_view, std::string>> fact;
};

class GatherWords {
  public:
    explicit GatherWords(const GatherWrite& write);
    ~GatherWords() = default;
    GatherWords(const GatherWords&) = delete;
    GatherWords& operator=(const GatherWords&) = delete;

    const std::vector<std::string_view>& keys() const { return keys_; }
    const std::vector<std::string_view>& args() const { return args_; }

  private:
    std::vector<std::string> owned_keys_;
    std::vector<std::string> owned_args_;
    std::vector<std::string_view> keys_;
    std::vector<std::string_view> args_;
};

}  // namespace tapline
