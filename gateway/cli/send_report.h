// What `tapline send` says of an answer: the marks of a provider's events, or the verdicts of the
// brand's own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/cli/http_client.h"
#include "gateway/intake/records.h"
#include "routes/brand.h"

namespace tapline {

// "accepted · 7K3-M9Q-2X4 · route shoppers · queue sales · due 12:49 · redis".
std::string mark_line(const Mark& mark, bool before, const std::string& durability,
                      const std::string& zone, Time now);

// The verdicts of POST /v1/{brand}/events, a line each, in the order of what was sent.
struct VerdictLines {
    std::vector<std::string> lines;
    bool all_safe = true;  // each is accepted or seen
};
// `sent` is the request's body, where the lines of NDJSON are counted. Error: the gateway refused
// the request as a whole, and why, or what answered is no gateway.
Result<VerdictLines> verdict_lines(const HttpAnswer& answer, std::string_view sent,
                                   const std::string& zone, Time now);

// Why a request was refused: the `detail` of problem+json, else the body as it is.
std::string refusal_text(const HttpAnswer& answer);

}  // namespace tapline
