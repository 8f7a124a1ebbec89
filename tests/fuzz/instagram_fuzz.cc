// Bodies that verified may still be anything: reading them must end, give the same answer twice,
// and give each event an id.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/sources/registry.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tapline;
    static const Source& source = *find_source("instagram");
    const Time now{std::chrono::milliseconds(1755779283123)};
    SourceRequest request;
    request.method = "POST";
    request.body = {reinterpret_cast<const char*>(data), size};
    const auto first = source.parse(request, {}, now);
    const auto second = source.parse(request, {}, now);
    require(first.has_value() == second.has_value());
    if (!first) return 0;
    require(first->size() == second->size());
    for (std::size_t i = 0; i < first->size(); ++i) {
        const auto& one = (*first)[i].event;
        const auto& other = (*second)[i].event;
        require(one.has_value() == other.has_value());
        if (!one) continue;
        require(!one->event_id.empty() && one->event_id == other->event_id);
        require(one->kind == EventKind::recorded || !one->customer.platform_id.empty());
    }
    // The first line of the input as a handshake's query: only harmless challenges come back.
    request.method = "GET";
    request.query = request.body.substr(0, request.body.find('\n'));
    SourceSecrets secrets;
    secrets.verify_token = "t";
    const auto answer = source.challenge(request, secrets);
    if (answer && answer->status == 200) {
        require(answer->body.find_first_of("<>&\"' \r\n") == std::string::npos);
    }
    return 0;
}
