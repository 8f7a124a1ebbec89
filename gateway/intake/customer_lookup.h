// What routes may know of a customer beside the customer's record: whether they want no messages,
// whether somebody suppressed them, and the journey of their last contact.
//
// Each is asked for only where a decision can depend on it, since each is a round trip. Completions
// run on the link's thread; an error is as `checked` (script_answer.h) says.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "gateway/intake/acceptor.h"

namespace tapline {

struct CustomerQuestion {
    std::string brand;
    std::string customer_hash;
    bool opted_out = false;   // is it asked for
    bool suppressed = false;  // the same
};

struct CustomerAnswer {
    bool opted_out = false;
    std::optional<Suppression> suppressed;  // also one that has ended
};

// In one round trip. REQUIRES: something is asked for.
void look_up_customer(const AcceptorParts& parts, const CustomerQuestion& question,
                      std::function<void(Result<CustomerAnswer>)> done);

// {"reason": "...", "author": "...", "until": MS}; nothing for anything else.
std::optional<Suppression> parse_suppression(std::string_view text);

// Without an outcome that closes it: "answered", "partial" and "transferred" leave it open.
bool is_open(const JourneyRecord& record);
OpenJourney open_journey_of(const JourneyRecord& record);

// Whether any route of the brand asks for the customer's open journey (`open_journey`, `to:
// owner`).
bool asks_for_open_journey(const Brand& brand);

// What a brand's routes have need of, so that other brands do not pay for it with round trips.
struct BrandNeeds {
    bool open_journey = false;
    bool patience = false;
};

// Remembers that of each brand, as long as its config stands. Thread-safe.
class BrandNeedsCache {
  public:
    BrandNeeds of(const std::shared_ptr<const Brand>& brand);

  private:
    struct Known {
        std::weak_ptr<const Brand> brand;
        BrandNeeds needs;
    };
    std::mutex mutex_;
    std::map<std::string, Known, std::less<>> known_;
};

}  // namespace tapline
