// The page that answers a plain HTML form where the config names no page of the brand's own, or
// where the submit cannot be taken.
//
// Plain HTML without script, image or anything of third parties, readable at 320 pixels and by
// screen readers (the outcome is the heading, and an alert where it failed). Pure; safe from any
// thread.
#pragma once

#include <string>

namespace tapline {

struct WebPage {
    bool failed = false;
    std::string title;      // "Thank you"
    std::string text;       // one sentence
    std::string reference;  // the tracking number in display form; "" for none
};

// Values are escaped.
std::string web_page(const WebPage& page);

// The Content-Security-Policy: nothing but the page's own style, which is named by its hash.
const std::string& web_page_policy();

}  // namespace tapline
