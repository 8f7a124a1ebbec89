// The key `overdue` of a queue: what is done when a share of the time to respond has gone by.
//
//     overdue: [{at: 60%, alert: sales-lead}, {at: 100%, move: care}]
#pragma once

#include <string>
#include <vector>

#include "config/brand_file.h"

namespace tapline {

// `what` names the queue in messages. An empty list is no step: it ends those of `like`.
std::vector<OverdueStep> read_overdue(const YamlNode* node, const std::string& what,
                                      BrandReading& reading);

// Reports steps that lead from a queue to itself, and moves in a circle; warns of steps of a queue
// without a due time.
void check_overdue(const BrandDraft& draft, Report& report);

}  // namespace tapline
