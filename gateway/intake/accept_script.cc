#include "gateway/intake/accept_script.h"

#include "gateway/intake/held.h"
#include "gateway/intake/records.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

constexpr std::string_view kNotCompared = "-";
constexpr std::string_view kOverAny = "*";

std::string ms_text(Milliseconds duration) {
    return std::to_string(duration.count());
}

constexpr std::string_view kExpress = ":express";

bool is_unusual(const AcceptWrite& write) {
    return write.express_cap || write.hold || !write.copies.empty() || !write.pilot_counter.empty();
}

std::string lane_of(const AcceptWrite& write) {
    return write.express_cap ? express_lane(write.queue) : std::string(write.queue);
}

// The script tells its keys by their place: what a call has no use for is any key.
void add_unusual_keys(const AcceptWrite& write, std::vector<std::string>& keys) {
    const std::string_view brand = write.brand;
    const std::string any = keys.front();
    keys.push_back(redis::about_key(brand, write.queue));
    keys.push_back(redis::queue_key(brand, write.queue));
    keys.push_back(write.hold ? redis::held_key(brand, write.founder) : any);
    keys.push_back(write.hold ? timer_key(brand, write.hold->switch_name) : any);
    const bool gathers = write.hold && !write.hold->gathering.empty();
    keys.push_back(gathers ? redis::gather_key(brand, write.customer_hash) : any);
    keys.push_back(redis::brand_key(brand, "pilots"));
    for (const auto& copy : write.copies) {
        keys.push_back(redis::about_key(brand, copy));
        keys.push_back(redis::queue_key(brand, copy));
    }
}

std::vector<std::string> keys_of(const AcceptWrite& write) {
    const std::string_view brand = write.brand;
    const std::string_view customer = write.customer_hash.empty() ? "-" : write.customer_hash;
    const std::string lane = lane_of(write);
    std::vector<std::string> keys = {redis::seen_key(brand, write.founder),
                                     redis::brand_key(brand, "feed"),
                                     redis::journey_key(brand, write.compact_number),
                                     redis::brand_key(brand, "due"),
                                     redis::about_key(brand, lane),
                                     redis::queue_key(brand, lane),
                                     redis::customer_key(brand, customer)};
    if (!write.replay_hash.empty()) keys.push_back(redis::seen_key(brand, write.replay_hash));
    const bool unusual = is_unusual(write);
    if (write.part_of_call.empty() && !unusual) return keys;
    if (write.replay_hash.empty()) keys.push_back(keys.front());
    keys.push_back(write.part_of_call.empty() ? keys.front() : write.call_key);
    if (unusual) add_unusual_keys(write, keys);
    return keys;
}

std::string_view customer_expected(const AcceptWrite& write) {
    if (write.customer_hash.empty()) return kNotCompared;
    return write.any_customer ? kOverAny : write.customer_read;
}

}  // namespace

AcceptWords::AcceptWords(const AcceptWrite& write)
    : owned_keys_(keys_of(write)),
      due_(write.first_step ? ms_text(write.first_step->time_since_epoch()) : ""),
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
    const bool unusual = is_unusual(write);
    if (unusual || !write.part_of_call.empty()) args_.push_back(write.part_of_call);
    if (unusual || write.unless_answered) {
        args_.emplace_back(write.unless_answered ? "unless_answered" : "");
    }
    if (unusual) add_unusual(write);
}

void AcceptWords::add_unusual(const AcceptWrite& write) {
    const HoldWrite none;
    const HoldWrite& hold = write.hold ? *write.hold : none;
    const bool gathers = !hold.gathering.empty();
    const bool capped = write.express_cap && !write.hold;
    owned_args_ = {lane_of(write),
                   capped ? std::to_string(*write.express_cap) : std::string(),
                   write.hold ? std::string(write.founder) : std::string(),
                   write.hold ? ms_text(hold.timer.time_since_epoch()) : std::string(),
                   std::to_string(hold.fields.size()),
                   hold.gathering,
                   gathers ? ms_text(hold.gathering_life) : std::string(),
                   write.pilot_counter};
    for (const auto& [name, value] : hold.fields) {
        owned_args_.emplace_back(name);
        owned_args_.push_back(value);
    }
    owned_args_.insert(owned_args_.end(), write.copies.begin(), write.copies.end());
    args_.insert(args_.end(), owned_args_.begin(), owned_args_.end());
}

std::string express_lane(std::string_view queue) {
    return std::string(queue).append(kExpress);
}

std::string queue_of_lane(std::string_view lane) {
    if (lane.ends_with(kExpress)) lane.remove_suffix(kExpress.size());
    return std::string(lane);
}

}  // namespace tapline
