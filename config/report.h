// Collecting mistakes: readers go on after each one, so that a person sees all of them at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/mistake.h"

namespace tapline {

// A position in a config file. Cheap to copy: the file's name is shared.
struct Where {
    std::shared_ptr<const std::string> file;
    int line = 0;  // 1-based; 0 when the file as a whole is meant
    int column = 0;
};

// The file as a whole.
Where whole_file(std::string file);

// "line 12" as seen from `from`, "brands/acme/a.yaml:12" when it is another file.
std::string pointer_to(const Where& target, const Where& from);

// What was written, for a message: in quotes, control characters and broken UTF-8 as "?", cut after
// 60 bytes. Never hand it a secret.
std::string shown(std::string_view written);

// "a, b and c"; at most `most` names, then "...".
std::string listed(const std::vector<std::string>& names, std::size_t most = 12);

class Report {
  public:
    void error(const Where& where, std::string message);
    void warning(const Where& where, std::string message);

    void append(const Report& other);

    std::size_t errors() const { return errors_; }
    bool has_errors() const { return errors_ > 0; }
    // All mistakes by file, line and column; one that was reported twice stands there once.
    std::vector<Mistake> sorted() const;

  private:
    void add(Mistake::Severity severity, const Where& where, std::string message);

    std::vector<Mistake> mistakes_;
    std::size_t errors_ = 0;
};

}  // namespace tapline
