// Held entries for the tests of this folder.
#pragma once

#include <string>

#include "gateway/intake/held.h"
#include "tests/gateway/steward/fixture.h"

namespace tapline::steward_test {

// A held entry as accept.lua leaves it.
inline void hold(Fixture& fixture, const std::string& ident, const std::string& kind, Time release,
                 const std::string& switch_name = "", Time due = kStart + 1h) {
    fixture.ask({"HSET",
                 fixture.key("held:" + ident),
                 "v",
                 "1",
                 "id",
                 ident,
                 "tracking_number",
                 kNumber,
                 "accepted_at",
                 std::to_string(to_ms(fixture.now)),
                 "due_at",
                 std::to_string(to_ms(due)),
                 "data",
                 "{}",
                 "_kind",
                 kind,
                 "_lane",
                 "sales",
                 "_group",
                 "sales",
                 "_copies",
                 "",
                 "_step",
                 "",
                 "_at",
                 std::to_string(to_ms(fixture.now)),
                 "_switch",
                 switch_name,
                 "_place",
                 "",
                 "_customer",
                 ""});
    fixture.ask({"ZADD", timer_key("acme", switch_name), std::to_string(to_ms(release)), ident});
}

}  // namespace tapline::steward_test
