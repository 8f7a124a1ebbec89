#include "routes/tracking_number.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace tapline {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::uint64_t kMostBits = 0xFFFFFFFFFFU;
constexpr unsigned kSeed = 20260301;

// Edge values, each single bit, and random ones.
std::vector<std::uint64_t> sample_bits(std::size_t random_count) {
    std::vector<std::uint64_t> bits = {0, kMostBits, 0x5555555555U, 0xAAAAAAAAAAU, 0x0842108421U};
    for (unsigned i = 0; i < 40; ++i) bits.push_back(std::uint64_t{1} << i);
    std::mt19937_64 random(kSeed);
    for (std::size_t i = 0; i < random_count; ++i) bits.push_back(random() & kMostBits);
    return bits;
}

std::vector<std::string> displays(const std::vector<TrackingNumber>& numbers) {
    std::vector<std::string> out;
    out.reserve(numbers.size());
    for (const TrackingNumber& number : numbers) out.push_back(number.display());
    return out;
}

// The number of all examples.
const std::string kExample = "7K3-M9Q-2X4";

TEST_CASE("tracking number: shows known bits in a known form") {
    struct Row {
        std::uint64_t bits;
        std::string_view display;
    };
    const Row rows[] = {
        {0, "000-000-000"},
        {1, "000-000-01N"},
        {kMostBits, "ZZZ-ZZZ-ZZY"},
        {0x3CC744DC5DU, "7K3-M9Q-2X4"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.bits);
        const TrackingNumber number = TrackingNumber::from_bits(row.bits);
        CHECK(number.display() == row.display);
        CHECK(TrackingNumber::parse(row.display) == number);
    }
}

TEST_CASE("tracking number: carries 40 bits through both written forms") {
    MESSAGE("seed " << kSeed);
    for (const std::uint64_t bits : sample_bits(2000)) {
        CAPTURE(bits);
        const TrackingNumber number = TrackingNumber::from_bits(bits);
        CHECK(number.bits() == bits);
        CHECK(number.compact().size() == 9);
        CHECK(number.display().size() == 11);
        CHECK(TrackingNumber::parse(number.compact()) == number);
        CHECK(TrackingNumber::parse(number.display()) == number);
    }
}

TEST_CASE("tracking number: drops all above 40 bits") {
    CHECK(TrackingNumber::from_bits(0xABC0000000001U) == TrackingNumber::from_bits(1));
}

TEST_CASE("tracking number: detects every single wrong character") {
    std::size_t tried = 0;
    std::size_t missed = 0;
    for (const std::uint64_t bits : sample_bits(500)) {
        const std::string right = TrackingNumber::from_bits(bits).compact();
        for (std::size_t at = 0; at < right.size(); ++at) {
            for (const char wrong : kAlphabet) {
                if (wrong == right[at]) continue;
                std::string written = right;
                written[at] = wrong;
                ++tried;
                if (TrackingNumber::parse(written)) ++missed;
            }
        }
    }
    CHECK(tried == 545 * 9 * 31);
    CHECK(missed == 0);
}

TEST_CASE("tracking number: detects every swap of any two different characters") {
    std::size_t tried = 0;
    std::size_t missed = 0;
    for (const std::uint64_t bits : sample_bits(2000)) {
        const std::string right = TrackingNumber::from_bits(bits).compact();
        for (std::size_t i = 0; i < right.size(); ++i) {
            for (std::size_t j = i + 1; j < right.size(); ++j) {
                if (right[i] == right[j]) continue;
                std::string written = right;
                std::swap(written[i], written[j]);
                ++tried;
                if (TrackingNumber::parse(written)) ++missed;
            }
        }
    }
    CHECK(tried > 2000 * 30);
    CHECK(missed == 0);
}

// The code is linear over GF(2): the sum (exclusive or) of two valid words is valid, so an error is
// missed by one number exactly when it is missed by all. That makes the enumeration over the
// number 0 a proof: its single errors are all words of one character other than 0, and the swaps of
// neighbours add all words with the same character at two neighbouring places.
TEST_CASE("tracking number: no error of one character or of two neighbours is a valid word") {
    const auto is_valid = [](const std::string& word) {
        return TrackingNumber::parse(word).has_value();
    };
    const std::string zero = TrackingNumber::from_bits(0).compact();
    REQUIRE(is_valid(zero));
    for (std::size_t at = 0; at < zero.size(); ++at) {
        for (const char error : kAlphabet.substr(1)) {
            CAPTURE(at);
            CAPTURE(error);
            std::string word = zero;
            word[at] = error;
            CHECK_FALSE(is_valid(word));
            if (at + 1 == zero.size()) continue;
            word[at + 1] = error;
            CHECK_FALSE(is_valid(word));
        }
    }
}

TEST_CASE("tracking number: the sum of two numbers is a number") {
    std::mt19937_64 random(kSeed);
    const auto value = [](char symbol) { return kAlphabet.find(symbol); };
    for (int i = 0; i < 1000; ++i) {
        const std::string left = TrackingNumber::from_bits(random()).compact();
        const std::string right = TrackingNumber::from_bits(random()).compact();
        std::string sum;
        for (std::size_t at = 0; at < left.size(); ++at) {
            sum += kAlphabet[value(left[at]) ^ value(right[at])];
        }
        CAPTURE(sum);
        CHECK(TrackingNumber::parse(sum));
    }
}

TEST_CASE("tracking number: one random word in 32 is valid") {
    std::size_t valid = 0;
    std::string word = TrackingNumber::from_bits(0x123456789AU).compact();
    for (const char last : kAlphabet) {
        word.back() = last;
        if (TrackingNumber::parse(word)) ++valid;
    }
    CHECK(valid == 1);
}

TEST_CASE("tracking number: reads what people write") {
    const std::string_view rows[] = {
        "7K3-M9Q-2X4",
        "7k3-m9q-2x4",
        "7K3M9Q2X4",
        "7k3m9q2x4",
        "7K3 M9Q 2X4",
        "  7K3-M9Q-2X4\r\n",
        "7-K-3-M-9-Q-2-X-4",
        "7K3M-9Q2X4",
        "7K3 - M9Q - 2X4",
        "7K3\u2010M9Q\u20102X4",
        "7K3\u2011M9Q\u20112X4",
        "7K3\u2012M9Q\u20122X4",
        "7K3\u2013M9Q\u20132X4",
        "7K3\u2014M9Q\u20142X4",
        "7K3\u2015M9Q\u20152X4",
        "7K3\u2212M9Q\u22122X4",
        "7K3\u00A0M9Q\u202F2X4",
        "7K3\u00ADM9Q\u200B2X4",
        "7K3\tM9Q\t2X4",
    };
    for (const std::string_view written : rows) {
        CAPTURE(written);
        const auto number = TrackingNumber::parse(written);
        REQUIRE(number);
        CHECK(number->display() == kExample);
    }
}

TEST_CASE("tracking number: reads O as 0, I and L as 1") {
    CHECK(TrackingNumber::parse("ooo-OOO-0oO") == TrackingNumber::from_bits(0));
    const TrackingNumber one = TrackingNumber::from_bits(1);
    for (const std::string_view written : {"OOOOOOOIN", "0000000lN", "0000000LN", "0000000in"}) {
        CAPTURE(written);
        CHECK(TrackingNumber::parse(written) == one);
    }
}

TEST_CASE("tracking number: refuses everything else") {
    const std::string_view rows[] = {
        "",
        "7K3-M9Q-2X",
        "7K3-M9Q-2X44",
        "7K3-M9Q-2X5",  // wrong check
        "7K3-M9Q-2XU",  // U stands for nothing
        "UUUUUUUUU",
        "7K3_M9Q_2X4",  // no separator
        "7K3.M9Q.2X4",
        "ref:7K3M9Q2X4",
        "7K3-M9Q-2X\xD0\xA5",  // Cyrillic
        "7K3M9Q2X\xFF",
        std::string_view("7K3M9Q2X4\0", 10),
        "\u0667K3M9Q2X4",
    };
    for (const std::string_view written : rows) {
        CAPTURE(written);
        CHECK_FALSE(TrackingNumber::parse(written));
    }
}

TEST_CASE("tracking number: is found in free text") {
    const std::string_view rows[] = {
        "7K3-M9Q-2X4",
        "my reference is 7k3-m9q-2x4, thanks",
        "my reference is 7K3 M9Q 2X4 thanks",
        "ref:7K3M9Q2X4",
        "Ref 7K3 - M9Q - 2X4.",
        "(7K3-M9Q-2X4)",
        "\"7K3M9Q2X4\"!",
        "#7K3M9Q2X4",
        "ref_7K3M9Q2X4_ok",
        "https://acme.example/c?ref=7K3M9Q2X4&utm_source=x",
        "https://acme.example/c?ref=7k3-m9q-2x4",
        "https://acme.example/7K3M9Q2X4/",
        "it is 7K3\u2013M9Q\u20132X4\u2026",
        "it is 7K3\u2212M9Q\u22122X4",
        "7K3M9Q 2X4",
        "7K3 M9Q2X4",
        "line one\n7K3-M9Q-\n2X4",
        "\u53c2\u7167\u756a\u53f77K3M9Q2X4\u3067\u3059",  // Japanese without spaces
        "\xFF 7K3M9Q2X4\xFF",
        "x-7K3-M9Q-2X4-x",
        "the old ref 7K3 M9Q 2X4",
    };
    for (const std::string_view text : rows) {
        CAPTURE(text);
        CHECK(displays(find_tracking_numbers(text)) == std::vector<std::string>{kExample});
    }
}

TEST_CASE("tracking number: is not found where none is meant") {
    const std::string_view rows[] = {
        "",
        "7",
        "7K3-M9Q-2X",
        "a7K3M9Q2X4",
        "7K3M9Q2X4a",
        "7K3-M9Q-2X45",
        "97K3-M9Q-2X4",
        "\u00E97K3M9Q2X4",  // a letter of a spaced script before
        "7K3M9Q2X4\u0436",  // and after
        "7K3-M9Q-2X5",
        "7K-3M9-Q2X4",     // groups of other sizes are not how we write it
        "7K3    M9Q 2X4",  // too far apart
        "7K3.M9Q.2X4",
        "call +1 404 555 0100",
        "17K3M9Q2X4",
    };
    for (const std::string_view text : rows) {
        CAPTURE(text);
        CHECK(find_tracking_numbers(text).empty());
    }
}

TEST_CASE("tracking number: several are found in order, each once") {
    const TrackingNumber first = TrackingNumber::from_bits(0x3CC744DC5DU);
    const TrackingNumber second = TrackingNumber::from_bits(42);
    const std::string text = "re " + second.display() + " and " + first.compact() + " and again " +
                             second.compact() + ", " + first.display();
    CHECK(find_tracking_numbers(text) == std::vector<TrackingNumber>{second, first});
}

TEST_CASE("tracking number: no more are found than asked for") {
    std::string text;
    std::vector<TrackingNumber> all;
    for (std::uint64_t i = 0; i < 10; ++i) {
        all.push_back(TrackingNumber::from_bits(0x123456789U * (i + 1)));
        text += all.back().display() + "; ";
    }
    for (const std::size_t most : {0U, 1U, 4U, 10U, 99U}) {
        CAPTURE(most);
        const std::size_t expected = std::min<std::size_t>(most, all.size());
        CHECK(find_tracking_numbers(text, most) ==
              std::vector<TrackingNumber>(all.begin(), all.begin() + static_cast<long>(expected)));
    }
    CHECK(find_tracking_numbers(text).size() == 4);
}

TEST_CASE("tracking number: is found at the end of a megabyte of near misses") {
    constexpr std::size_t kMegabyte = std::size_t{1024} * 1024;
    std::string text;
    while (text.size() < kMegabyte) text += "7K3 M9Q 2X ";
    text += kExample;
    CHECK(displays(find_tracking_numbers(text, 1000)) == std::vector<std::string>{kExample});
    const std::string dashes(kMegabyte, '-');
    CHECK(displays(find_tracking_numbers(dashes + kExample)) == std::vector<std::string>{kExample});
    const std::string letters(kMegabyte, 'A');
    CHECK(find_tracking_numbers(letters).empty());
}

}  // namespace
}  // namespace tapline
