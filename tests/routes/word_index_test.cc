#include "routes/word_index.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace tapline {
namespace {

TEST_CASE("word index: finds every pattern that matches, once") {
    WordIndex words;
    const std::size_t cancel = words.add(WordPattern("cancel"));
    const std::size_t cancel_any = words.add(WordPattern("cancel*"));
    const std::size_t phrase = words.add(WordPattern("switch to"));
    const std::size_t word = words.add(WordPattern("switch"));
    CHECK(words.size() == 4);

    using Found = std::vector<std::size_t>;
    CHECK(words.find(fold("")) == Found{});
    CHECK(words.find(fold("nothing of that")) == Found{});
    CHECK(words.find(fold("cancelled")) == Found{cancel_any});
    CHECK(words.find(fold("Cancel, cancel, CANCEL")) == Found{cancel_any, cancel});
    CHECK(words.find(fold("I switch to you")) == Found{word, phrase});
    CHECK(words.find(fold("switch")) == Found{word});
}

TEST_CASE("word index: equal patterns share a number") {
    WordIndex words;
    CHECK(words.add(WordPattern("don't")) == 0);
    CHECK(words.add(WordPattern("won't")) == 1);
    CHECK(words.add(WordPattern("DON’T")) == 0);
    CHECK(words.size() == 2);
}

TEST_CASE("word index: agrees with the patterns one by one") {
    constexpr unsigned kSeed = 4711;
    MESSAGE("seed " << kSeed);
    std::mt19937 random(kSeed);
    const auto text_of = [&random](std::size_t most) {
        std::string text;
        const std::size_t size = 1 + random() % most;
        while (text.size() < size) text += "aab c"[random() % 5];
        return text;
    };
    std::vector<WordPattern> patterns;
    WordIndex words;
    while (words.size() < 60) {
        const std::string written = text_of(6) + (random() % 3 == 0 ? "*" : "");
        if (!WordPattern::is_valid(written)) continue;
        const WordPattern pattern(written);
        if (words.add(pattern) == patterns.size()) patterns.push_back(pattern);
    }
    for (int i = 0; i < 2000; ++i) {
        const std::string folded = fold(text_of(40));
        CAPTURE(folded);
        std::vector<std::size_t> expected;
        for (std::size_t number = 0; number < patterns.size(); ++number) {
            if (patterns[number].matches(folded)) expected.push_back(number);
        }
        std::vector<std::size_t> found = words.find(folded);
        std::sort(found.begin(), found.end());
        CHECK(found == expected);
    }
}

}  // namespace
}  // namespace tapline
