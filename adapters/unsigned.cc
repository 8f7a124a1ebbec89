#include "adapters/unsigned.h"

#include <algorithm>
#include <array>

namespace tapline {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

bool is_of_a_scheme(std::string_view header) {
    return header.find("signature") != std::string_view::npos || header == "authorization" ||
           header.starts_with("webhook-") || header.starts_with("svix-");
}

// How a form, a multipart body or JSON begins the member, in lower case.
struct BodyScheme {
    std::string_view provider;
    std::array<std::string_view, 3> signs;
};
constexpr std::array<std::string_view, 3> kSignedRequest = {
    "signed_request=", "name=\"signed_request\"", "\"signed_request\""};
constexpr std::array<BodyScheme, 6> kBodySchemes = {{
    // https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
    {"instagram", kSignedRequest},
    {"messenger", kSignedRequest},
    {"whatsapp", kSignedRequest},
    // https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/
    {"mailgun", {"signature=", "name=\"signature\"", "\"signature\""}},
    // https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
    {"ses", {"\"signature\"", "\"signatureversion\"", "\"signingcerturl\""}},
    {"sns", {"\"signature\"", "\"signatureversion\"", "\"signingcerturl\""}},
}};

}  // namespace

bool claims_signature(std::string_view provider, const SourceRequest& request) {
    const bool by_header =
        std::any_of(request.headers.begin(), request.headers.end(),
                    [](const auto& header) { return is_of_a_scheme(header.first); });
    if (by_header) return true;
    const auto scheme =
        std::find_if(kBodySchemes.begin(), kBodySchemes.end(),
                     [&](const BodyScheme& one) { return one.provider == provider; });
    if (scheme == kBodySchemes.end()) return false;
    const std::string body = lower(request.body);
    return std::any_of(scheme->signs.begin(), scheme->signs.end(),
                       [&](std::string_view sign) { return body.find(sign) != std::string::npos; });
}

}  // namespace tapline
