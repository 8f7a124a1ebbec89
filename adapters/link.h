// Contact links: where a tap leads, what page it shows, and whether a person tapped.
//
//     TapKind kind = classify_tap(request.method, headers);
//     LinkAnswer answer = link_answer(brand, button, number);
//
// Messaging goes by redirect to an https target; calls, SMS and e-mail get a small page with one
// button, because the in-app browsers of Instagram and X do not follow redirects to tel:, sms: and
// mailto:. Targets come from the config alone; nothing of the request is in them. Pure; safe from
// any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "routes/brand.h"
#include "routes/event.h"
#include "routes/tracking_number.h"

namespace tapline {

struct LinkAnswer {
    int status = 200;  // 302 with Location, 200 with a page, 404 when the button has no target
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

// The way on, with the tracking number where the channel can carry it: the ref of ig.me and m.me,
// the draft of WhatsApp, X and SMS, the subject of an e-mail; beside a call it is only shown.
// Without a number (nothing could make one) the customer is sent on all the same. A page has at
// most 4 KiB, no script and nothing of third parties.
LinkAnswer link_answer(const Brand& brand, const Button& button,
                       const std::optional<TrackingNumber>& number);

// Where link_answer leads: "https://ig.me/m/acme?ref=7K3M9Q2X4", "tel:+18005550100". Empty when the
// button has no target.
std::string link_target(const Brand& brand, const Button& button,
                        const std::optional<TrackingNumber>& number);

// A-Z a-z 0-9 . _ -, at least one: what a handle may be for a link to lead to it.
bool is_link_handle(std::string_view handle);

enum class TapKind {
    person,
    prefetch,  // a browser that may show the page later; it asks again when it does
    robot,     // a link preview, a crawler, a scanner, a client that names no browser, or a browser
               // that fetches the link as something else than a page (Sec-Fetch-Dest)
    head,      // any method but GET
};

using HeaderViews = std::span<const std::pair<std::string_view, std::string_view>>;

// `headers` have lower-case names. In-app browsers (Instagram, FBAN/FBAV, MetaIAB, Twitter) are
// persons; the previews of the same companies are robots.
TapKind classify_tap(std::string_view method, HeaderViews headers);

// The click fields of the query (click.h).
Fields link_attribution(std::string_view query);

// The `ref` of the query: at most 128 of A-Z a-z 0-9 - _ = (what an ig.me link could carry); else
// empty.
std::string link_ref(std::string_view query);

}  // namespace tapline
