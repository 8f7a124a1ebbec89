// Bodies that verified may still be anything; and the first line of the input as a handshake.
#include "tests/fuzz/meta_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tapline;
    fuzz::check_body("instagram", data, size);
    SourceRequest request;
    request.method = "GET";
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    request.query = input.substr(0, input.find('\n'));
    SourceSecrets secrets;
    secrets.verify_token = "t";
    const auto answer = find_source("instagram")->challenge(request, secrets);
    // Only harmless challenges come back.
    if (answer && answer->status == 200) {
        fuzz::require(answer->body.find_first_of("<>&\"' \r\n") == std::string::npos);
    }
    return 0;
}
