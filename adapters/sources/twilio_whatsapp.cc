#include "adapters/sources/twilio_whatsapp.h"

#include <array>

#include "adapters/phone.h"
#include "adapters/utf8.h"

namespace tapline {
namespace {

constexpr std::string_view kPrefix = "whatsapp:";
// https://developers.facebook.com/docs/whatsapp/pricing: free-form replies end with it.
constexpr std::chrono::hours kReplyWindow{24};

struct Renamed {
    std::string_view parameter;
    std::string_view field;
};

constexpr std::array<Renamed, 15> kFields = {
    {{"ReferralCtwaClid", "ctwa_clid"},
     {"ReferralBody", "referral.body"},
     {"ReferralHeadline", "referral.headline"},
     {"ReferralSourceId", "referral.ad_id"},
     {"ReferralSourceType", "referral.source"},
     {"ReferralSourceUrl", "referral.source_url"},
     {"ReferralMediaId", "referral.media_id"},
     {"ReferralMediaContentType", "referral.media_type"},
     {"ReferralMediaUrl", "referral.media_url"},
     {"ReferralNumMedia", "referral.media_count"},
     {"ButtonPayload", "whatsapp.button"},
     {"Forwarded", "whatsapp.forwarded"},
     {"FrequentlyForwarded", "whatsapp.frequently_forwarded"},
     {"OriginalRepliedMessageSid", "whatsapp.replied_to"},
     {"WaId", "whatsapp.wa_id"}}};

std::string number(std::string_view party) {
    if (party.starts_with(kPrefix)) party.remove_prefix(kPrefix.size());
    return is_e164(party) ? std::string(party) : std::string();
}

// "Label, Address", and the coordinates as RFC 5870 writes them.
void read_place(const TwilioForm& form, Event& event) {
    const std::string_view latitude = form["Latitude"];
    const std::string_view longitude = form["Longitude"];
    if (latitude.empty() || longitude.empty()) return;
    std::string name(form["Label"]);
    if (!name.empty() && !form["Address"].empty()) name += ", ";
    name += form["Address"];
    std::string url = "geo:";
    url.append(latitude).append(",").append(longitude);
    event.attachments.push_back({"location", to_valid_utf8(url), to_valid_utf8(name), 0});
}

}  // namespace

bool is_whatsapp(const TwilioForm& form) {
    return form["From"].starts_with(kPrefix);
}

void read_whatsapp(const TwilioForm& form, Event& event) {
    event.type = "contact.dm";
    event.channel = Channel::dm;
    event.platform = "whatsapp";
    event.line = number(form["To"]);
    event.customer.phone = number(form["From"]);
    const std::string_view id = form["ExternalUserId"];
    event.customer.platform_id = to_valid_utf8(id.empty() ? form["From"] : id);
    event.customer.name = to_valid_utf8(form["ProfileName"]);
    event.reply = {"whatsapp", std::string(form["To"]), std::string(form["From"])};
    event.reply_before = event.occurred_at + kReplyWindow;
    if (event.text.empty()) event.text = to_valid_utf8(form["ButtonText"]);
    read_place(form, event);
    for (const auto& [parameter, field] : kFields) {
        const std::string_view value = form[parameter];
        if (!value.empty()) event.attribution.emplace_back(field, to_valid_utf8(value));
    }
}

}  // namespace tapline
