// A regular expression of a route's `pattern:`, in RE2's syntax: time linear in the text, whatever
// somebody writes.
//
//     const auto order = Pattern::parse("(?i)order\\s+\\d{6}");
//     order->matches("my Order 123456")   // true: anywhere in the text
//
// Immutable and cheap to copy; safe from any thread. https://github.com/google/re2/wiki/Syntax
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "routes/error.h"

namespace tapline {

class Pattern {
  public:
    // bad_config: the expression is none, is longer than 512 bytes, or would need too much memory;
    // the message says which.
    static Result<Pattern> parse(std::string_view written);

    // Of a text longer than 64 KiB only the beginning is read.
    bool matches(std::string_view text) const;

    const std::string& written() const { return written_; }
    bool operator==(const Pattern& other) const { return written_ == other.written_; }

  private:
    class Compiled;
    Pattern(std::string written, std::shared_ptr<const Compiled> compiled);

    std::string written_;
    std::shared_ptr<const Compiled> compiled_;
};

}  // namespace tapline
