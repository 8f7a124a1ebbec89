// Names of languages, as those who send events write them.
//
// Pure; safe from any thread.
#pragma once

#include <string>
#include <string_view>

namespace tapline {

// A BCP 47 tag in lower case: "pt-br" for "pt-BR" and "pt_BR"; of a list ("de, en") the first. ""
// where it is none: longer than 35 bytes, a word for "undetermined" (und, zxx, and X's q-tags such
// as qme), anything else.
std::string language_tag(std::string_view written);

}  // namespace tapline
