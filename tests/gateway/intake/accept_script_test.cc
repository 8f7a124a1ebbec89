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

// The quoted names of a list of names and values that begins and ends with these.
std::vector<std::string> names_in(std::string_view script, std::string_view first,
                                  std::string_view last) {
    std::vector<std::string> names;
    const auto begin = script.find(first);
    const auto end = script.find(last, begin);
    REQUIRE(end != std::string_view::npos);
    const std::string_view list = script.substr(begin, end + last.size() - begin);
    for (std::size_t at = list.find('\''); at != std::string_view::npos;) {
        const auto quote = list.find('\'', at + 1);
        if (list.substr(quote + 1, 1) == "," || quote + 1 == list.size()) {
            names.emplace_back(list.substr(at + 1, quote - at - 1));
        }
        at = list.find('\'', quote + 1);
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
    const std::string_view accept(kScriptAccept);
    CHECK(names_in(accept, "'fact', ARGV[11]", "'body'") == fact);
    CHECK(names_in(accept, "'v', ARGV[16]", "'data'") == entry);
    CHECK(names_in(kScriptRelease, "'v', 'id'", "'data'") == entry);
    // What is held lacks only what the copies of a held entry are given later.
    auto held =
        names_in(accept.substr(accept.find("local function hold")), "'v', ARGV[16]", "'data'");
    held.insert(held.end() - 1, "copy_of");
    CHECK(held == entry);
    // And nothing beyond: a value without a name would be lost.
    CHECK(accept.find("'data', ARGV[" + std::to_string(10 + fact.size() + entry.size()) + "]") !=
          std::string_view::npos);
}
