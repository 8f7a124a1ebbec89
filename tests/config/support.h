// What the tests of the config share: files in memory, and a config that is right.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.h"

namespace tapline::test {

using Files = std::map<std::string, std::string>;

// A FileAccess over `files` and `variables`, which are copied.
FileAccess memory_access(const Files& files, const Files& variables);

// A good tapline.yaml with the connections "acme-tel" and "instagram-main", a good brand "acme",
// and the secret files that the bad configs refer to.
Files good_files();
Files good_variables();

// Loads with the providers events, instagram and twilio.
LoadResult load(const Files& files);

// All mistakes, a line each.
std::string messages(const LoadResult& result);

// A file of the source tree: "tests/config/bad/brand/x.yaml".
std::string source_file(const std::string& path);

}  // namespace tapline::test
