// The callbacks about persons: a form as a stranger sends it, a payload that is authentic, and a
// confirmation code that somebody asks for.
#include <string>

#include "adapters/form.h"
#include "adapters/sources/meta_person.h"
#include "tests/fuzz/meta_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tapline;
    using fuzz::require;
    const std::string input(reinterpret_cast<const char*>(data), size);
    const Time now{std::chrono::milliseconds(1755779283123)};
    SourceSecrets secrets;
    secrets.secrets = {"secret"};
    SourceRequest request;
    request.method = "POST";
    request.path = "/hooks/meta/deletion";
    request.rest = kDeletionPath;
    request.public_base = "https://hooks.acme.example";
    request.body = input;
    const auto stranger = verify_person(request, secrets);
    require(stranger.has_value() == deletion_answer(request, secrets).has_value());

    const std::string form =
        "signed_request=" + percent_encode(meta_signed_request("secret", input));
    request.body = form;
    const auto verified = verify_person(request, secrets);
    const auto items = parse_person(request, secrets, "instagram", now);
    require(verified.has_value() == items.has_value());
    if (items) require(items->size() == 1 && items->front().event.has_value());

    request.method = "GET";
    request.query = input;
    const Answer page = deletion_page(request, secrets);
    require(page.status == 404 || page.status == 200);
    require(page.body.find('<') == std::string::npos);
    return 0;
}
