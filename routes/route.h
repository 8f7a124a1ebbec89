// A route: conditions, and what becomes of the contacts that meet them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "routes/queue.h"
#include "routes/when.h"

namespace tapline {

// One side of a pilot; who is in none of them is in arm "control" and stays on the route's queue.
struct Arm {
    std::string name;
    double share = 0;  // of the customers, above 0 and at most 1
    std::string to;    // queue
};

// Ends a pilot by itself: when more than `overdue` of an arm's contacts, of at least `after`, were
// late.
struct StopIf {
    double overdue = 0;  // 0.05 for "> 5%"
    int after = 0;
};

// A sticky share of the customers is answered otherwise, for a comparison.
struct Pilot {
    std::string name;
    std::optional<Time> from;   // first moment
    std::optional<Time> until;  // first moment after the last day
    std::vector<Arm> arms;      // shares add up to at most 1
    std::optional<StopIf> stop_if;
};

// Waits for a customer's next post before queueing, so that several become one entry.
struct Patience {
    std::chrono::seconds quiet{0};    // after each post
    std::chrono::seconds at_most{0};  // after the first one
    std::vector<WordPattern> skip;    // words that end the wait at once
};

struct Route {
    std::string name;
    When when;
    std::string to;         // queue name; with to_owner: where there is no owner, the default's
    bool to_owner = false;  // the queue that owns the customer's open journey
    std::vector<std::string> copy_to;  // queues that get a copy
    bool is_express = false;           // priority: express
    std::optional<std::chrono::seconds> respond_within;
    std::string hold_by;  // switch whose end releases what this route holds; "" = not held
    Closed closed;        // what it says stands in place of the queue's
    std::string reply;    // in place of the queue's
    std::optional<Pilot> pilot;
    std::optional<Patience> patience;
};

}  // namespace tapline
