// What is done while nobody answers: alerts, moves, the late mark, the end (routes/overdue.h).
//
// The sorted set `due` has each entry by the time of its next step. Each step is one script that
// acts only while that time still stands, so any number of stewards may act at once and each step
// is done once. A step that an older config asked for and the present one does not is passed over;
// one that the present config asks for and whose time was over when the config changed is too.
//
// A late entry has one reason:
//
//     misroute   it was moved or transferred before: it had been with the wrong queue
//     outage     it was accepted more than half its time to respond (at least a minute) after it
//                happened, or no consumer asked for entries of its lane since it was there
//     volume     consumers worked, but more entries stand in the lane than were finished since it
//                was accepted
//     slipped    everything else
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>

#include "gateway/steward/duty.h"

namespace tapline {

// How many entries each lane has finished by when, as far as this gateway has looked. Not
// thread-safe.
class Finished {
  public:
    void note(const std::string& lane, Time when, std::int64_t removed);
    // Since the moment, or since the first look where that is later.
    std::int64_t since(const std::string& lane, Time when) const;

  private:
    std::map<std::string, std::deque<std::pair<Time, std::int64_t>>, std::less<>> counts_;
};

enum class LateReason { slipped, volume, outage, misroute };
std::string_view to_string(LateReason reason);

// What is known of an entry and its lane when it becomes late.
struct LateCase {
    Time occurred_at{};
    Time accepted_at{};
    Time due_at{};
    bool was_read = false;  // a consumer asked for entries of the lane since it is there
    std::int64_t waiting = 0;
    std::int64_t finished = 0;  // since it was accepted
};
LateReason late_reason(const LateCase& late);

// Does every step whose time has come. An entry that cannot be helped (a key of a wrong type) is
// passed over, so that it does not stop the others. `passed` is how many were: kept from turn to
// turn, because more of them than one turn can try must not stop the others either.
Result<void> act_overdue(const Duty& duty, const Finished& finished, std::size_t& passed);

// Looks at a few of the notes about late and moved entries, whichever, and forgets those of entries
// that went another way than by an acknowledgement.
Result<void> sweep_late(const Duty& duty);

}  // namespace tapline
