// Entries that wait: for the hours, for the end of a switch, or for their customer's next post.
//
// A held entry is the hash `held:IDENT`, where IDENT is the founder of its first event
// (identity.h), and a member of one sorted set, its timer: `delayed` by release time, or
// `switched:NAME` by arrival. The member is "ORDER IDENT", where ORDER sorts as the entries were
// accepted, so that those of one release time leave in that order; a gathering's is its IDENT
// alone. Both are written in one script and end in one (release.lua), so an entry is either held or
// on its queue.
//
//     v id tracking_number ... data    the entry, by the names of the queue contract; of a
//                                      gathering `data` is in pieces
//     _kind    hours | switch | patience
//     _lane    "sales" or "sales:express"       _group   "sales"
//     _copies  queues that get a copy, joined by a space
//     _step    score in `due`, "" = none        _at      accepted at, ms
//     _switch  its name, of kind switch         _place   connection and channel
//     _customer  hash, "" = anonymous
//
// Of a gathering, with N posts (adapters/backends/stream.h makes the pieces):
//
//     data  =  _head  _t1 \n ... _tN  _mid  _p1 , ... _pN  _list  _a1 , ... _aN  _tail
//     _n       N        _bytes   of all _t, _p and _a        _first   arrival of the first, ms
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/redis/reply.h"

namespace tapline {

// What scripts must be told of a held entry before they can touch it, since they name their keys.
struct HeldEntry {
    std::string ident;
    std::string member;  // of its timer; held_of says that of a gathering
    std::string kind;
    std::string lane;
    std::string queue;
    std::vector<std::string> copies;
    std::string switch_name;
    std::string place;  // connection and channel
    std::string route;
    std::string tracking_number;
    std::string due_at;  // ms, "" = none
};

// The command that reads it, encoded, and what it answered; nothing when no such entry is held.
std::string held_query(std::string_view brand, std::string_view ident);
std::optional<HeldEntry> held_of(std::string_view ident, const redis::Reply& reply);

// IDENT of a member of a timer.
std::string_view ident_of(std::string_view member);

// Key of the timer of an entry of this kind.
std::string timer_key(std::string_view brand, std::string_view switch_name);

}  // namespace tapline
