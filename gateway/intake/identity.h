// Identities made from keys: tracking numbers, seen marks, customers.
//
// Both keys are 32 random bytes in files that every gateway of an installation shares. The
// tracking key makes the same tracking number out of a redelivered event on every gateway; the
// privacy key turns customers into keyed hashes, so that no phone number stands in Redis' key
// names, and a copy of Redis alone cannot be searched for one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/clock.h"
#include "routes/error.h"
#include "routes/event.h"
#include "routes/tracking_number.h"

namespace tapline {

struct Keys {
    std::string tracking;
    std::string privacy;
};

// Reads both key files (64 hex characters each); a missing one is made, mode 0600.
// bad_config: unreadable, wrong length, or cannot be written; the message names the file.
Result<Keys> load_keys(const std::string& tracking_path, const std::string& privacy_path,
                       const Random& random);
// The same without making any: for commands that only read.
Result<Keys> read_keys(const std::string& tracking_path, const std::string& privacy_path);

// First 16 hex characters of the keyed hash of a constant: tells two keys apart, reveals neither.
std::string fingerprint(std::string_view key);

// What an event is known by. `founder` is 22 characters of base64url, the same for every
// redelivery; it names the seen mark and is stored in the journey that the event founds.
struct Identity {
    std::string founder;
    TrackingNumber number = TrackingNumber::from_bits(0);
};
// Of (brand, provider, account, event_id) under the tracking key.
Identity identify(const Keys& keys, std::string_view brand, const Event& event);

// What the journey of the event's conversation is founded by: of (brand, provider, account,
// thread), so that any of its messages leads to it. REQUIRES: event.thread is set.
Identity identify_thread(const Keys& keys, std::string_view brand, const Event& event);

// The next number for the same event when an earlier one names another live journey; attempt >= 1.
TrackingNumber derive_again(const Keys& keys, const Identity& identity, int attempt);

// A second seen mark's name for Event::replay_key; "" when it has none.
std::string replay_hash(const Keys& keys, std::string_view brand, const Event& event);

// The customer's keyed hash from phone, e-mail or platform id (scoped to provider and account), in
// this order; nothing for an anonymous customer. E-mail addresses that differ in case only
// (address_key) are one customer's.
std::optional<std::string> customer_hash(const Keys& keys, std::string_view brand,
                                         const Event& event);

// Of any bytes under the privacy key, scoped by `purpose`; 22 characters of base64url.
std::string keyed_hash(const Keys& keys, std::string_view purpose, std::string_view bytes);

}  // namespace tapline
