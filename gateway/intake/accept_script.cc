#include "gateway/intake/accept_script.h"

#include "gateway/intake/records.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

constexpr std::string_view kNotCompared = "-";
constexpr std::string_view kOverAny = "*";

std::string ms_text(Milliseconds duration) {
    return std::to_string(duration.count());
}

std::vector<std::string> keys_of(const AcceptWrite& write) {
    const std::string_view brand = write.brand;
    const std::string_view customer = write.customer_hash.empty() ? "-" : write.customer_hash;
    std::vector<std::string> keys = {redis::seen_key(brand, write.founder),
                                     redis::brand_key(brand, "feed"),
                                     redis::journey_key(brand, write.compact_number),
                                     redis::brand_key(brand, "due"),
                                     redis::about_key(brand, write.queue),
                                     redis::queue_key(brand, write.queue),
                                     redis::customer_key(brand, customer)};
    if (!write.replay_hash.empty()) keys.push_back(redis::seen_key(brand, write.replay_hash));
    if (write.part_of_call.empty()) return keys;
    // The script tells its keys by their place.
    if (write.replay_hash.empty()) keys.push_back(keys.front());
    keys.push_back(write.call_key);
    return keys;
}

std::string_view customer_expected(const AcceptWrite& write) {
    if (write.customer_hash.empty()) return kNotCompared;
    return write.any_customer ? kOverAny : write.customer_read;
}

}  // namespace

AcceptWords::AcceptWords(const AcceptWrite& write)
    : owned_keys_(keys_of(write)),
      due_(write.due_at ? ms_text(write.due_at->time_since_epoch()) : ""),
      seen_life_(ms_text(kSeenLife)),
      journey_life_(ms_text(write.journey_life)),
      customer_life_(ms_text(kCustomerLife)),
      keys_(owned_keys_.begin(), owned_keys_.end()) {
    args_ = {write.mark,
             seen_life_,
             write.any_journey ? kNotCompared : write.journey_read,
             write.journey,
             journey_life_,
             customer_expected(write),
             write.customer,
             customer_life_,
             write.queue,
             due_};
    args_.reserve(args_.size() + write.fact.size() + write.entry.size() + 2);
    for (const auto& [name, value] : write.fact) args_.emplace_back(value);
    for (const auto& [name, value] : write.entry) args_.emplace_back(value);
    if (!write.part_of_call.empty()) args_.push_back(write.part_of_call);
    if (write.unless_answered) args_.emplace_back("unless_answered");
}

}  // namespace tapline
