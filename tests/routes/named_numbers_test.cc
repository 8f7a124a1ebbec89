#include "routes/named_numbers.h"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

using namespace tapline;

namespace {

std::string named(const Event& event) {
    std::string all;
    for (const auto& number : named_numbers(event)) all += number.display() + ' ';
    return all;
}

std::string number(std::uint64_t bits) {
    return TrackingNumber::from_bits(bits).display();
}

}  // namespace

TEST_CASE("named numbers: ref, address, subject and text, in this order") {
    Event event;
    event.text = "my number is " + number(4);
    event.subject = "Re: [" + number(3) + "] your question";
    event.address = "hello+" + TrackingNumber::from_bits(2).compact() + "@acme.example";
    event.ref = number(1);
    CHECK(named(event) == number(1) + ' ' + number(2) + ' ' + number(3) + ' ' + number(4) + ' ');
}

TEST_CASE("named numbers: of an address only the plus-parts before the @ are read") {
    const std::string tag = TrackingNumber::from_bits(7).compact();
    struct Row {
        std::string address;
        bool is_named;
    };
    const Row rows[] = {
        {"hello+" + tag + "@acme.example", true},
        {"hello+ig+" + tag + "@acme.example", true},
        {"hello+" + tag + "+ig@acme.example", true},
        {tag + "@acme.example", false},
        {"hello@acme+" + tag + ".example", false},
        {"hello+" + tag, false},
        {"+@", false},
        {"", false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.address);
        Event event;
        event.address = row.address;
        CHECK(named(event).empty() != row.is_named);
    }
}
