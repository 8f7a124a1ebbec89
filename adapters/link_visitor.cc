// Who follows a contact link: told from what browsers have in common, and from names of the rest.
//
// Every browser of a phone, in-app ones too, begins with "Mozilla/5.0 (" (Opera Mini: "Opera/"),
// and gives no address of its maker. A robot that follows manners does. The list of names is for
// those that look like a desktop browser in all but one word; it is measured against the npm
// package crawler-user-agents in tests/conformance/robots_test.mjs.
#include <algorithm>
#include <array>

#include "adapters/link.h"

namespace tapline {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

std::string_view header_of(HeaderViews headers, std::string_view name) {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

bool is_prefetch(HeaderViews headers) {
    constexpr std::array<std::string_view, 4> kHeaders = {"sec-purpose", "purpose", "x-purpose",
                                                          "x-moz"};
    return std::any_of(kHeaders.begin(), kHeaders.end(), [&](std::string_view name) {
        const std::string value = lower(header_of(headers, name));
        return value.find("prefetch") != std::string::npos ||
               value.find("prerender") != std::string::npos ||
               value.find("preview") != std::string::npos;
    });
}

// A browser says what it will do with the answer. A link that is followed is a document; an image,
// a frame or a script's fetch is nobody's tap.
// https://developer.mozilla.org/en-US/docs/Web/HTTP/Headers/Sec-Fetch-Dest
bool is_for_a_document(HeaderViews headers) {
    const std::string_view use = header_of(headers, "sec-fetch-dest");
    return use.empty() || lower(use) == "document";
}

// Signs of a program, in lower case: its maker's address, its trade, its own name.
constexpr std::string_view kSigns[] = {
    // addresses, and "compatible", which no browser of this century says
    "http://", "https://", "+http", "www.", ".com", "@", "(compatible", "compatible;",
    "compatible)",
    // trades
    "spider", "crawl", "scrap", "robot", "headless", "preview", "proxy", "fetcher", "monitor",
    "scan", "synthetic", "inspector", "lighthouse", "playwright", "selenium", "puppeteer",
    "phantomjs", "electron/", "(java)", "httpagent", "optimizer-agent",
    // companies' names
    "facebookexternalhit", "meta-externalagent", "google-", "-google", "google favicon",
    "barracuda", "ips-agent", "dareboost", "datanyze", "ptst/", "nikto", "newsai/", "collapsify",
    "cookiehub", "hardenize", "manus-user", "silktide", "thousandeyes", "fluid/", "sindup",
    "tsm-turingos", "dlc/", "feeder.co", "foregenix", "gtmetrix", "hotjar", "linktiger",
    "marketgoo", "miniature.io", "readable/", "securityheaders", "splash version", "; rigor)",
    "testlocally", "xmco.fr", "ylt chrome", "watchtowr", "geedoshop"};

bool is_letter(char c) {
    return c >= 'a' && c <= 'z';
}

// "Pinterestbot/1.0", "bot.html", "moatbot", but not the phones that are called CUBOT.
bool names_a_bot(std::string_view agent) {
    constexpr std::string_view kBot = "bot";
    for (std::size_t at = agent.find(kBot); at != agent.npos; at = agent.find(kBot, at + 1)) {
        const std::size_t end = at + kBot.size();
        if (end < agent.size() && is_letter(agent[end])) continue;
        std::size_t begin = at;
        while (begin > 0 && is_letter(agent[begin - 1])) --begin;
        if (agent.substr(begin, end - begin) != "cubot") return true;
    }
    return false;
}

bool is_robot(std::string_view user_agent) {
    const std::string agent = lower(user_agent);
    if (!agent.starts_with("mozilla/5.0 (") && !agent.starts_with("opera/")) return true;
    return names_a_bot(agent) ||
           std::any_of(std::begin(kSigns), std::end(kSigns), [&](std::string_view sign) {
               return agent.find(sign) != std::string::npos;
           });
}

}  // namespace

TapKind classify_tap(std::string_view method, HeaderViews headers) {
    if (method != "GET") return TapKind::head;
    if (is_prefetch(headers)) return TapKind::prefetch;
    if (!is_for_a_document(headers)) return TapKind::robot;
    return is_robot(header_of(headers, "user-agent")) ? TapKind::robot : TapKind::person;
}

}  // namespace tapline
