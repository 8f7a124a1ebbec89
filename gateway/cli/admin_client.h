// Asking a running gateway's admin listener: what changes a running system goes through it.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "gateway/cli/run_file.h"
#include "routes/error.h"

namespace tapline {

struct AdminCall {
    std::string method = "GET";
    std::string path;             // "/v1/brands/acme/switches"
    nlohmann::ordered_json body;  // null: none
};

// The JSON of a 2xx answer. Error bad_request: what the gateway says was wrong; unavailable: it did
// not answer, or could not do it now.
Result<nlohmann::ordered_json> admin_call(const Running& running, const AdminCall& call);

// The brand to act on: the one named, else the only one of the running gateway's config.
Result<std::string> brand_or_only(const Running& running, const std::string& named);

// The author of what a person sets: as named, else the name by which who runs the command is known
// on this machine.
std::string author_or_login(const std::string& named);

}  // namespace tapline
