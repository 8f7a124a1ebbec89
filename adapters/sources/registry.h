// The table of providers: one line each in registry.cc, sorted by name.
#pragma once

#include <span>
#include <string_view>

#include "adapters/source.h"

namespace tapline {

std::span<const Source> sources();

// Null when there is no such provider.
const Source* find_source(std::string_view provider);

}  // namespace tapline
