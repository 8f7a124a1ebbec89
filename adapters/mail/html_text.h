// The words of an HTML mail, for people and routes to read: not a renderer.
//
// Tags go, script and style and head go with what they hold, block tags and <br> become line
// breaks, character references become characters, runs of white space become one. One pass, no
// recursion, no allocation per tag; whatever stands there, there is an answer, and it is never
// longer than the input. The result is text: it is not safe to put into a page unescaped.
// Pure; safe from any thread.
#pragma once

#include <string>
#include <string_view>

namespace tapline {

// REQUIRES: `html` is UTF-8.
std::string html_to_text(std::string_view html);

}  // namespace tapline
