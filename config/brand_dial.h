// The part of a queue that says what rings on a call and what a caller hears: dial, closed.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/brand_file.h"

namespace tapline {

// `node` may be null: nothing rings. `what` names the queue in messages.
void read_dial(const YamlNode* node, const std::string& what, BrandReading& reading, Dial& dial);

// What a caller hears while the queue is closed.
void read_closed_call(const YamlNode* node, const std::string& what, BrandReading& reading,
                      ClosedCall& closed);

// Reports each {word} in the text that is not one of `names`, which stand in braces too.
void check_placeholders(const YamlNode& node, std::span<const std::string_view> names,
                        Report& report);

}  // namespace tapline
