#include "adapters/link_page.h"

#include "adapters/crypto.h"
#include "adapters/utf8.h"
#include "adapters/xml.h"

namespace tapline {
namespace {

constexpr std::string_view kStyle =
    // Says that both schemes are the page's own: in-app browsers darken other pages by force.
    ":root{color-scheme:light dark}"
    "body{font:1.125rem/1.5 system-ui,sans-serif;margin:0;padding:2rem 1rem;text-align:center;"
    "color:#1b1b1f;background:#fff}"
    "main{max-width:26rem;margin:0 auto}h1{font-size:1.375rem;overflow-wrap:anywhere}"
    "a{display:block;padding:1.1rem;border-radius:.75rem;background:#0b57d0;color:#fff;"
    "font-size:1.25rem;font-weight:600;text-decoration:none}"
    "a:focus-visible{outline:3px solid #1b1b1f;outline-offset:3px}"
    "p{margin:1rem 0 0}b{font-size:1.25rem;overflow-wrap:anywhere;user-select:all;"
    "-webkit-user-select:all}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#131316}"
    "a{background:#a8c7fa;color:#062e6f}a:focus-visible{outline-color:#eee}}";

std::string_view verb(Channel channel) {
    switch (channel) {
        case Channel::call:
            return "Call";
        case Channel::text:
            return "Text";
        case Channel::email:
            return "Email";
        default:
            return "Contact";
    }
}

std::string cut(const std::string& text, std::size_t bytes_max) {
    const std::string valid = to_valid_utf8(text);
    return xml_escape(utf8_prefix(valid, bytes_max));
}

// A cut target would be a wrong one, so a long draft is left out: a reader still has the number.
std::string href(const std::string& target) {
    constexpr std::size_t kTargetBytesMax = 1400;
    if (target.size() <= kTargetBytesMax) return xml_escape(target);
    return xml_escape(target.substr(0, target.find('?')));
}

}  // namespace

std::string link_page(const LinkPage& page) {
    const std::string brand = cut(page.brand, 80);
    const std::string title = std::string(verb(page.channel)) + ' ' + brand;
    std::string html =
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<meta name=\"format-detection\" content=\"telephone=no\"><title>" +
        title + "</title><style>" + std::string(kStyle) + "</style></head><body><main><h1>" +
        title + "</h1>";
    if (page.target.empty()) {
        html += "<p>This link leads nowhere at the moment.</p>";
    } else {
        html += "<a href=\"" + href(page.target) + "\">" + std::string(verb(page.channel)) +
                " now</a><p>or use<br><b>" + cut(page.shown, 120) + "</b></p>";
    }
    if (!page.reference.empty()) {
        html += "<p>Your reference<br><b>" + cut(page.reference, 40) + "</b></p>";
    }
    return html + "</main></body></html>\n";
}

const std::string& link_page_policy() {
    static const std::string policy = "default-src 'none'; style-src 'sha256-" +
                                      base64_encode(sha256(kStyle)) +
                                      "'; base-uri 'none'; form-action 'none'; "
                                      "frame-ancestors 'none'";
    return policy;
}

}  // namespace tapline
