// What to try first with a gateway that has just started: commands that this config can answer.
//
//     tapline send instagram --text 'Is this in blue?'
//     tapline tail sales
//     tapline track NUMBER
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace tapline {

// The commands, a line each: one that sends a contact and one that shows the queue to which this
// config routes it; a direct message where there is a connection for it, else what other
// connections or the brand's own keys allow. Only `doctor` where nothing can be sent.
std::vector<std::string> tour(const Config& config, const std::string& program);

}  // namespace tapline
