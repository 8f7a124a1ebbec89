// Many customers with one concern: one escalation in place of hundreds of contacts that nobody adds
// up.
//
// The acceptor notes each customer of a topic in `topic:NAME` (a sorted set of keyed hashes by time
// of the last contact). The steward forgets those whose time is over, counts the others, and adds
// one entry of type `escalation.topic` to the queue of the highest level that is reached, once for
// each level. Below `clear_below` the topic is cleared (fact `topic_cleared`), and escalates again
// when it comes back. The level of a topic that the config does not have any more goes with the
// last of its customers.
#pragma once

#include <map>

#include "gateway/steward/duty.h"

namespace tapline {

struct TopicFigures {
    std::int64_t customers = 0;
    std::int64_t level = 0;  // that was escalated; 0 = none
};

// By topic. While a topic has a level the alarm "topic.BRAND.NAME" stands.
Result<std::map<std::string, TopicFigures>> watch_topics(const Duty& duty);

}  // namespace tapline
