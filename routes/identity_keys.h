// How customers' handles are compared with tables.
#pragma once

#include <string>
#include <string_view>

namespace tapline {

// "@", then the handle in lower case, with or without its own "@": "Dana_D" -> "@dana_d". "" for
// none.
std::string handle_key(std::string_view handle);

}  // namespace tapline
