// What the commands ask of a running gateway's admin listener.
#pragma once

#include <string>

#include "gateway/cli/http_client.h"
#include "gateway/cli/run_file.h"
#include "routes/error.h"

namespace tapline {

// `path` is "/v1/status". Error unavailable: no answer, and why.
Result<HttpAnswer> admin_call(const Running& running, const std::string& method,
                              const std::string& path, long deadline_seconds = 15);

}  // namespace tapline
