// One call of accept.lua: its keys and arguments, in the order that the script's header gives.
//
//     const AcceptWords words(write);
//     link.submit_script(script, words.keys(), words.args(), on_reply);
//
// An entry that goes to its queue and nowhere else is the usual case and pays for nothing else: the
// express lane, waiting, copies and pilots are words that are sent only where one of them is.
//
// Pure; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/clock.h"

namespace tapline {

// Stream and due member of an express lane go by this name beside the queue's: "sales:express".
std::string express_lane(std::string_view queue);
// "sales" of either.
std::string queue_of_lane(std::string_view lane);

// An entry that waits (held.h) instead of going to its queue.
struct HoldWrite {
    std::string switch_name;  // "" = `delayed` has it
    Time timer{};
    std::vector<std::pair<std::string_view, std::string>> fields;  // beside the entry's
    std::string gathering;  // kept for the customer of a gathering: ident and number; "" = none
    Milliseconds gathering_life{};
};

// What is to be written, and over which records. Views must outlive the words made of it.
struct AcceptWrite {
    std::string_view brand;
    std::string_view founder;        // names the seen mark (identity.h)
    std::string_view replay_hash;    // names the second seen mark; "" = none
    std::string compact_number;      // the journey's
    std::string_view customer_hash;  // "" = no customer
    std::string_view queue;          // "" = nothing is queued
    std::optional<Time> first_step;  // its score in `due`

    // Packed records (records.h). Each is written only over the one that was evaluated, unless
    // `any_...` says that whatever stands is written over.
    std::string mark;
    std::string_view journey_read;  // "" = none stood
    std::string journey;            // "" = left as it is
    bool any_journey = false;
    Milliseconds journey_life{};
    std::string_view customer_read;
    std::string customer;
    bool any_customer = false;

    std::vector<std::pair<std::string_view, std::string>> fact;   // facts.h
    std::vector<std::pair<std::string_view, std::string>> entry;  // stream.h; empty = none

    // Where the entry is of a phone call: which part of it, and the key of the call's record.
    std::string_view part_of_call;  // "", "call", "missed", "voicemail"
    std::string call_key;
    // Nothing is written once somebody has answered the call, or its caller has left a message.
    bool unless_answered = false;

    std::optional<std::size_t> express_cap;  // of an entry of the express lane
    std::optional<HoldWrite> hold;
    std::vector<std::string> copies;  // queues that get one
    std::string pilot_counter;        // field of `pilots` that counts it; "" = none
};

// Owns what `keys` and `args` view beside the write itself.
class AcceptWords {
  public:
    explicit AcceptWords(const AcceptWrite& write);
    ~AcceptWords() = default;
    AcceptWords(const AcceptWords&) = delete;
    AcceptWords& operator=(const AcceptWords&) = delete;

    const std::vector<std::string_view>& keys() const { return keys_; }
    const std::vector<std::string_view>& args() const { return args_; }

  private:
    void add_unusual(const AcceptWrite& write);

    std::vector<std::string> owned_keys_;
    std::vector<std::string> owned_args_;
    std::string due_;
    std::string seen_life_;
    std::string journey_life_;
    std::string customer_life_;
    std::vector<std::string_view> keys_;
    std::vector<std::string_view> args_;
};

}  // namespace tapline
