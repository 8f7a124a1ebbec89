// The staff's tip sheet: what the config promises, for people who answer.
//
//     print(sheet_markdown(brand, sheet_of(brand)));
//
// Pure; safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "routes/brand.h"

namespace tapline {

struct SheetBlock {
    std::string title;
    std::vector<std::string> lines;  // one without others is a sentence, several are a list
    bool numbered = false;
    // A table in place of lines: the first row is its head.
    std::vector<std::vector<std::string>> rows = {};
};

// Blocks that the brand says nothing of are left out, and special days before `today`.
std::vector<SheetBlock> sheet_of(const Brand& brand, std::chrono::local_days today);

std::string sheet_markdown(const Brand& brand, const std::vector<SheetBlock>& blocks);
// A page of its own, without scripts and other files, made to be printed.
std::string sheet_html(const Brand& brand, const std::vector<SheetBlock>& blocks);

}  // namespace tapline
