// What one team consumes, and how it wants its contacts: hours, phones, times, what happens when
// nobody answers.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "routes/event.h"

namespace tapline {

struct Dial {
    enum class Order { in_turn, at_once };

    std::vector<std::string> to;  // E.164 numbers and sip: addresses, in order
    std::string caller_id = {};   // "" for the called line's own number
    Order order = Order::in_turn;
    std::chrono::seconds ring{20};  // each of them in turn, or all of them
    // Said to who picks up, before the caller is heard; "" for nothing. In a queue with names in
    // braces, in a decision filled in.
    std::string whisper = {};
    std::string say = {};       // to a caller whom nobody answers; "" for nothing
    bool voicemail = false;     // then
    std::string consent = {};   // said first where calls are recorded; "" = they are not
    std::string greeting = {};  // said to every caller before all else; "" for nothing
};

// What a caller hears outside the queue's hours, and what follows.
struct ClosedCall {
    enum class Then { hangup, voicemail, dial, callback };

    std::string say;  // "{opens_at}" and "{brand}" are filled in; "" for nothing
    Then then = Then::hangup;
    std::vector<std::string> dial_to = {};  // then == dial: phones that ring instead
};

// What becomes of a contact of another channel outside the hours: held until they open, or another
// queue's.
struct ClosedOther {
    std::string reply;  // names in braces are filled in; "" for none
    std::string queue;  // "" = hold
};

// Behaviour outside the hours, by channel. Nothing: the queue's, where this is a route's.
struct Closed {
    std::optional<ClosedCall> call;
    std::array<std::optional<ClosedOther>, kChannels> by_channel;  // not of call
    std::optional<ClosedOther> other;                              // of every channel not named

    bool empty() const {
        bool none = !call && !other;
        for (const auto& one : by_channel) none = none && !one;
        return none;
    }
    // What is said of a channel other than call; null where nothing is.
    const ClosedOther* of(Channel channel) const {
        const auto& named = by_channel.at(static_cast<std::size_t>(channel));
        if (named) return &*named;
        return other ? &*other : nullptr;
    }
};

// What is done when a share of the time to respond has gone by without an answer.
struct OverdueStep {
    enum class Act { alert, move };

    double at = 1;  // share of the time between arrival and due time; 0.6 for 60%
    Act act = Act::alert;
    std::string queue;  // alert: gets a marked copy; move: gets the entry
};

struct Queue {
    std::string name;
    std::string hours;  // "" = always open
    Closed closed;
    std::array<std::optional<std::chrono::seconds>, kChannels> respond_within_by_channel;
    std::optional<std::chrono::seconds> respond_within_missed_call;  // else as for texts
    std::optional<std::chrono::seconds> respond_within;
    Dial dial;
    std::string reply;  // SMS answer; "{tracking_number}" and "{brand}" are filled in; "" for none

    std::size_t express_cap = 100;     // entries of the express lane, waiting or claimed
    std::vector<OverdueStep> overdue;  // by share, ascending
    std::chrono::seconds max_age{0};   // then an entry that nobody claimed expires; 0 = never
    std::optional<std::size_t> backfill_below;  // late ones are added only while fewer wait
    bool answered_by_outcome = false;           // an acknowledgement does not stop the due clock
    std::optional<std::chrono::seconds> close_publicly;  // see docs/config.md
    std::string in_charge;                               // for the tip sheet
};

}  // namespace tapline
