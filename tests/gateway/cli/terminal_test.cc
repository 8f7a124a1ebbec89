#include "gateway/cli/terminal.h"

#include <doctest/doctest.h>

using namespace tapline;

TEST_CASE("terminal: what strangers wrote is shown and not obeyed") {
    struct Row {
        std::string_view text;
        std::string_view shown;
    };
    const Row rows[] = {
        {"Is this in blue?", "Is this in blue?"},
        {"Gr\u00fc\u00dfe, \u4f60\u597d \U0001f600", "Gr\u00fc\u00dfe, \u4f60\u597d \U0001f600"},
        {"\x1b[2J\x1b]0;title\x07", " [2J ]0;title "},
        {"one\ntwo\r\tthree\x7f", "one two  three "},
        {std::string_view("a\0b", 3), "a b"},
        {"\u009b2J", " 2J"},  // CSI as one character
        {"\x9b"
         "2J",
         "\uFFFD2J"},  // and as one byte
        {"a\u00a0b", "a\u00a0b"},
        {"\u202egnp.exe", " gnp.exe"},
        {"a\u2066b\u2069\u2028c\u200f", "a b  c "},
        {"\xf0\x9f\x98", "\uFFFD\uFFFD\uFFFD"},
        {"", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(printable(row.text) == row.shown);
    }
}

TEST_CASE("terminal: counts go with their nouns") {
    CHECK(counted(0, "brand") == "0 brands");
    CHECK(counted(1, "mistake") == "1 mistake");
    CHECK(counted(2, "connection") == "2 connections");
}
