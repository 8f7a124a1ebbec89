// What differs between two versions of a brand, by meaning: not lines of text, but routes that are
// new, gone, moved or changed condition by condition, times, hours, texts, pilots and switches.
//
// Pure; safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "routes/brand.h"

namespace tapline {

struct Difference {
    enum class Kind { added, removed, moved, changed };

    Kind kind = Kind::changed;
    std::string section;  // "route", "queue", "hours", "brand", ...
    std::string name;     // "" for the brand itself
    std::string aspect;   // changed: "when.channel", "to", ...
    std::string before;   // changed, moved: what it was; moved: the route before it, "" = first
    std::string after;
};
std::vector<Difference> differences(const Brand& before, const Brand& after);

// `route "shoppers": to: sales -> care`
std::string to_string(const Difference& difference);

}  // namespace tapline
