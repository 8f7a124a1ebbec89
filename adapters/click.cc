#include "adapters/click.h"

#include <algorithm>
#include <array>
#include <string>

#include "adapters/form.h"
#include "adapters/utf8.h"

namespace tapline {
namespace {

constexpr std::size_t kUtmBytesMax = 40;

// https://support.google.com/analytics/answer/10917952
constexpr std::size_t kUtms = 9;
// https://support.google.com/google-ads/answer/9744275 (gclid, gbraid, wbraid, gad_*)
// https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/fbp-and-fbc
// https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components (ctwa_clid)
// https://help.pinterest.com/en/business/article/set-up-the-pinterest-tag (epik)
// https://businesshelp.snapchat.com/s/article/capi-parameters (ScCid)
constexpr std::size_t kIds = 17;
constexpr std::array<std::string_view, kUtms + kIds + 7> kKnown = {
    "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id",
    "utm_source_platform", "utm_creative_format", "utm_marketing_tactic",
    // click ids, in lower case
    "gclid", "gbraid", "wbraid", "dclid", "gclsrc", "gad_source", "gad_campaignid", "fbclid",
    "ctwa_clid", "twclid", "msclkid", "ttclid", "li_fat_id", "epik", "sccid", "rdt_cid", "yclid",
    // what the platforms' URL templates place
    "ad_id", "adset_id", "adgroup_id", "campaign_id", "creative_id", "media_id", "placement"};

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

bool is_utm(std::string_view name) {
    constexpr std::string_view kPrefix = "utm_";
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return name.starts_with(kPrefix) && name.size() > kPrefix.size() &&
           name.size() <= kPrefix.size() + kUtmBytesMax &&
           std::all_of(name.begin(), name.end(), plain);
}

}  // namespace

bool is_click_id(std::string_view name) {
    const auto ids = std::span(kKnown).subspan(kUtms, kIds);
    return std::find(ids.begin(), ids.end(), lower(name)) != ids.end();
}

bool is_click_field(std::string_view name) {
    if (is_utm(name)) return true;
    const auto named = std::span(kKnown).subspan(kUtms);
    return std::find(named.begin(), named.end(), lower(name)) != named.end();
}

Fields click_fields(const Fields& query) {
    Fields found;
    for (const auto& [name, value] : query) {
        if (value.empty() || !is_click_field(name) || find_field(found, name) != nullptr) continue;
        if (found.size() == kClickFieldsMax) break;
        const std::string valid = to_valid_utf8(value);
        found.emplace_back(name, utf8_prefix(valid, kClickValueBytesMax));
    }
    return found;
}

Fields click_fields_of_url(std::string_view url) {
    url = url.substr(0, url.find('#'));
    const std::size_t query = url.find('?');
    return query == std::string_view::npos ? Fields{}
                                           : click_fields(parse_query(url.substr(query + 1)));
}

std::span<const std::string_view> known_click_fields() {
    return kKnown;
}

}  // namespace tapline
