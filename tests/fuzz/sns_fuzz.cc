// Any body is answered by the sources that read JSON of mail, and no URL leads away from Amazon.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/json_trim.h"
#include "adapters/sources/registry.h"
#include "adapters/sources/sns.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tapline;
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    SourceRequest request;
    request.method = "POST";
    request.body = body;
    SourceSecrets secrets;
    secrets.account = "arn:aws:sns:us-east-1:111111111111:mail";
    const Time now{std::chrono::milliseconds(1755779283123)};
    const Source* ses = find_source("ses");
    if (const auto url = ses->certificate_url(request, secrets)) {
        require(url->starts_with("https://sns.") && url->ends_with(".pem"));
    }
    require(!ses->verify(request, secrets, now));
    static_cast<void>(ses->parse(request, secrets, now));
    static_cast<void>(find_source("postmark")->parse(request, secrets, now));
    if (const auto envelope = sns::parse_envelope(body)) {
        require(!sns::signed_text(*envelope).empty());
    }
    require(json::without_long_strings(body, 100).size() <= size);
    require(json::without_long_strings(body, size) == body);
    return 0;
}
