#include "adapters/sources/web_page.h"

#include "adapters/crypto.h"
#include "adapters/xml.h"

namespace tapline {
namespace {

constexpr std::string_view kStyle =
    "body{font:1.125rem/1.5 system-ui,sans-serif;margin:0;padding:2rem 1rem;color:#1b1b1f;"
    "background:#fff}main{max-width:32rem;margin:0 auto}h1{font-size:1.5rem}"
    "b{font-size:1.25rem;overflow-wrap:anywhere;user-select:all;-webkit-user-select:all}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#131316}}";

}  // namespace

std::string web_page(const WebPage& page) {
    const std::string title = xml_escape(page.title);
    std::string html =
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>" +
        title + "</title><style>" + std::string(kStyle) + "</style></head><body><main><h1>" +
        title + "</h1><p" + (page.failed ? " role=\"alert\">" : ">") + xml_escape(page.text) +
        "</p>";
    if (!page.reference.empty()) {
        html += "<p>Your reference<br><b>" + xml_escape(page.reference) + "</b></p>";
    }
    return html + "</main></body></html>\n";
}

const std::string& web_page_policy() {
    static const std::string policy = "default-src 'none'; style-src 'sha256-" +
                                      base64_encode(sha256(kStyle)) +
                                      "'; base-uri 'none'; form-action 'none'; "
                                      "frame-ancestors 'none'";
    return policy;
}

}  // namespace tapline
