// W3C Trace Context. https://www.w3.org/TR/trace-context/#traceparent-header
#pragma once

#include <string_view>

namespace tapline {

// "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01": lower-case hex, ids that are not all
// zero, any version but ff. Version 00 is exactly 55 characters; a later one may go on after a "-".
bool is_traceparent(std::string_view text);

}  // namespace tapline
