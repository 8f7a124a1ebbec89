// What the commands print for people.
//
//     print_line("outcome: " + outcome + ", " + counted(brands, "brand"));  // "1 brand"
//
// Whatever was stored may be a stranger's, and a terminal obeys what it is shown: to move the
// cursor over lines above, to change its title, to type an answer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tapline {

// One line that a terminal shows and does not obey: each control character (C0, DEL, C1) and each
// character that changes the direction of what follows is a space, each invalid byte U+FFFD.
std::string printable(std::string_view text);

// To standard output: printable(text) and the end of the line.
void print_line(std::string_view text);

// For JSON that is printed: everything beyond ASCII escaped, which JSON's readers undo and
// terminals do not obey.
inline constexpr bool kAsciiOnly = true;

// The count and its noun, which takes an "s" unless the count is one.
std::string counted(std::size_t count, std::string_view noun);

}  // namespace tapline
