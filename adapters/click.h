// What an ad platform or the writer of a link hangs on a URL: utm_*, click ids, ids of ads.
//
//     Fields found = click_fields(parse_query("utm_source=ig&gclid=Cj0&page=2"));  // the first two
//
// One list for contact links, pages that a chat or a form names, and the feed. Pure; safe from any
// thread.
#pragma once

#include <span>
#include <string_view>

#include "routes/event.h"

namespace tapline {

inline constexpr std::size_t kClickFieldsMax = 32;
inline constexpr std::size_t kClickValueBytesMax = 512;  // the longest click id on record has 500

// gclid, fbclid, ctwa_clid, ...: made by the platform for one click. Names are compared as they
// stand but for the case of ASCII letters (Snapchat writes ScCid).
bool is_click_id(std::string_view name);

// A click id, utm_ and at most 40 of a-z, 0-9 and "_" (any name: analytics add new ones), or the id
// of an ad or of a post as the platforms' URL templates place it (ad_id, campaign_id, ...).
bool is_click_field(std::string_view name);

// The click fields of a query, each once (the first that is not empty), in their order, the value
// cut to kClickValueBytesMax of valid UTF-8, case kept; at most kClickFieldsMax.
Fields click_fields(const Fields& query);

// The same of a whole URL: of what stands between "?" and "#".
Fields click_fields_of_url(std::string_view url);

// The names that have one spelling, utm_source and its kin first: what a misspelt name may mean.
std::span<const std::string_view> known_click_fields();

}  // namespace tapline
