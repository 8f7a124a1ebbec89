#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "adapters/backends/stream.h"
#include "gateway/intake/facts.h"
#include "redis_scripts.h"

using namespace tapline;

namespace {

using Fields = std::vector<std::pair<std::string_view, std::string>>;

// The names that stand before ARGV[first], ARGV[first + 1], ... in accept.lua.
std::vector<std::string> names_in_script(std::size_t first, std::size_t count) {
    const std::string_view script(kScriptAccept);
    std::vector<std::string> names;
    for (std::size_t i = first; i < first + count; ++i) {
        const auto end = script.find("', ARGV[" + std::to_string(i) + "]");
        if (end == std::string_view::npos) continue;
        const auto begin = script.rfind('\'', end - 1) + 1;
        names.emplace_back(script.substr(begin, end - begin));
    }
    return names;
}

std::vector<std::string> names_of(const Fields& fields) {
    std::vector<std::string> names;
    for (const auto& [name, value] : fields) names.emplace_back(name);
    return names;
}

}  // namespace

TEST_CASE("accept script: names the values that it is sent as the entry and the fact do") {
    const Brand brand;
    const Event event;
    const Place place;
    const Decision decision;
    const auto fact = names_of(event_fact({brand, event, place, decision, "", "", Time()}));
    const auto entry = names_of(
        stream_entry({brand, event, place, decision, CustomerFacts{}, "", "", Time(), "redis"}));
    constexpr std::size_t kFirst = 11;
    CHECK(names_in_script(kFirst, fact.size()) == fact);
    CHECK(names_in_script(kFirst + fact.size(), entry.size()) == entry);
    // And nothing beyond: a value without a name would be lost.
    CHECK(names_in_script(kFirst + fact.size() + entry.size(), 1).empty());
}
