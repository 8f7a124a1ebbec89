// multipart/form-data (RFC 7578), strictly and within limits.
//
//     auto form = parse_multipart(request.header("content-type"), request.body);
//     const MultipartField* text = form->find("text");
//
// Strict, because a body that two readers understand differently is an attack: lines end in CRLF,
// nothing stands before the first and nothing but one line end behind the last delimiter, each
// part has exactly one Content-Disposition with a name, and the last delimiter is there. Contents
// are bytes, as sent; views point into the body. Pure; safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "routes/error.h"

namespace tapline {

inline constexpr std::size_t kMultipartFieldsMax = 1000;
inline constexpr std::size_t kMultipartHeaderBytesMax = 8u << 10;  // of one part
inline constexpr std::size_t kMultipartBoundaryBytesMax = 70;      // RFC 2046

struct MultipartField {
    std::string name;
    std::string file_name;     // "" for a field that is no file
    bool is_file = false;      // a filename stands there, perhaps an empty one
    std::string content_type;  // "" when not told
    std::string_view content;
};

class MultipartForm {
  public:
    explicit MultipartForm(std::vector<MultipartField> fields) : fields_(std::move(fields)) {}

    const std::vector<MultipartField>& fields() const { return fields_; }
    // The field of that name, or null. Files are not found.
    const MultipartField* find(std::string_view name) const;
    int count(std::string_view name) const;

  private:
    std::vector<MultipartField> fields_;
};

// Error bad_request: what is wrong, without quoting the body.
Result<MultipartForm> parse_multipart(std::string_view content_type, std::string_view body);

// The other way, for `tapline send` and tests.
// REQUIRES: no content holds the boundary, no name a quote or line end.
std::string multipart_body(std::string_view boundary,
                           const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace tapline
