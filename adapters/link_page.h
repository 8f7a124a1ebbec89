// The page of a contact link: one large button and, below it, what it opens, as text to copy.
//
// Plain HTML of at most 4 KiB: no script, no image, nothing of third parties, readable at 320
// pixels and by screen readers. Pure; safe from any thread.
#pragma once

#include <string>

#include "routes/event.h"

namespace tapline {

struct LinkPage {
    std::string brand;  // as customers know it
    Channel channel = Channel::call;
    std::string target;     // "tel:+18005550100"; "" says that the link leads nowhere
    std::string shown;      // the number or address as text
    std::string reference;  // the tracking number in display form; "" for none
};

// Values are escaped; those that would make the page too large are cut.
std::string link_page(const LinkPage& page);

// The Content-Security-Policy: nothing but the page's own style, which is named by its hash.
const std::string& link_page_policy();

}  // namespace tapline
