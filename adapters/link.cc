#include "adapters/link.h"

#include <algorithm>

#include "adapters/click.h"
#include "adapters/form.h"
#include "adapters/link_page.h"

namespace tapline {
namespace {

constexpr std::size_t kRefBytesMax = 128;
constexpr std::string_view kDefaultDraft = "Hello! I have a question.";

const Profile* profile_of(const Brand& brand, const Button& button) {
    const auto found = brand.profiles.find(button.profile);
    return found == brand.profiles.end() ? nullptr : &found->second;
}

bool is_number(std::string_view digits) {
    return !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos;
}

// What stands in the customer's draft: the prefill, with the reference in its place or at its end.
std::string draft(const Button& button, const std::optional<TrackingNumber>& number) {
    constexpr std::string_view kPlace = "{tracking_number}";
    std::string text = button.prefill.empty() ? std::string(kDefaultDraft) : button.prefill;
    const std::size_t at = text.find(kPlace);
    if (at != std::string::npos) {
        return text.replace(at, kPlace.size(), number ? number->display() : std::string());
    }
    return number ? text + " (ref " + number->display() + ')' : text;
}

std::string dm_target(const Brand& brand, const Button& button,
                      const std::optional<TrackingNumber>& number) {
    if (!button.whatsapp.empty()) {
        return "https://wa.me/" + button.whatsapp.substr(button.whatsapp.starts_with('+') ? 1 : 0) +
               "?text=" + percent_encode(draft(button, number));
    }
    const Profile* profile = profile_of(brand, button);
    if (profile == nullptr) return {};
    const std::string ref = number ? "?ref=" + number->compact() : std::string();
    if (profile->source == "instagram" && is_link_handle(profile->handle)) {
        return "https://ig.me/m/" + profile->handle + ref;
    }
    if (profile->source == "facebook" && is_link_handle(profile->handle)) {
        return "https://m.me/" + profile->handle + ref;
    }
    if ((profile->source == "x" || profile->source == "twitter") && is_number(profile->account)) {
        return "https://x.com/messages/compose?recipient_id=" + profile->account +
               "&text=" + percent_encode(draft(button, number));
    }
    return {};
}

// RFC 6068. "+" is written %2B, since form decoders on the way would make it a space.
std::string mail_target(const Brand& brand, const Button& button,
                        const std::optional<TrackingNumber>& number) {
    const std::size_t at = button.address.rfind('@');
    if (at == std::string::npos) return {};
    std::string subject = "Your question to " + brand.shown_name();
    if (number) subject += " (ref " + number->display() + ')';
    std::string target = "mailto:" + percent_encode(button.address.substr(0, at)) + '@' +
                         percent_encode(button.address.substr(at + 1)) +
                         "?subject=" + percent_encode(subject);
    if (!button.prefill.empty()) target += "&body=" + percent_encode(draft(button, number));
    return target;
}

}  // namespace

bool is_link_handle(std::string_view handle) {
    return !handle.empty() &&
           handle.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == handle.npos;
}

std::string link_target(const Brand& brand, const Button& button,
                        const std::optional<TrackingNumber>& number) {
    switch (button.channel) {
        case Channel::call:
            return button.line.empty() ? "" : "tel:" + button.line;
        // "?&body=" is the form that both Android and iOS take; RFC 5724 has "?body=".
        case Channel::text:
            return button.line.empty()
                       ? ""
                       : "sms:" + button.line + "?&body=" + percent_encode(draft(button, number));
        case Channel::email:
            return mail_target(brand, button, number);
        case Channel::dm:
        case Channel::chat:
            return dm_target(brand, button, number);
        case Channel::post:
            return {};
    }
    return {};
}

LinkAnswer link_answer(const Brand& brand, const Button& button,
                       const std::optional<TrackingNumber>& number) {
    const std::string target = link_target(brand, button, number);
    LinkAnswer answer;
    answer.headers = {{"Cache-Control", "no-store"},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Robots-Tag", "noindex, nofollow"},
                      {"X-Content-Type-Options", "nosniff"}};
    if (target.starts_with("https://")) {
        answer.status = 302;
        answer.headers.emplace_back("Location", target);
        return answer;
    }
    answer.status = target.empty() ? 404 : 200;
    answer.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
    answer.headers.emplace_back("Content-Security-Policy", link_page_policy());
    const std::string reference = number ? number->display() : std::string();
    const bool is_mail = button.channel == Channel::email;
    answer.body = link_page({brand.shown_name(), button.channel, target,
                             is_mail ? button.address : button.line, reference});
    return answer;
}

Fields link_attribution(std::string_view query) {
    return click_fields(parse_query(query));
}

std::string link_ref(std::string_view query) {
    const Fields fields = parse_query(query);
    const std::string* ref = find_field(fields, "ref");
    const bool usable = ref != nullptr && ref->size() <= kRefBytesMax &&
                        std::all_of(ref->begin(), ref->end(), [](char c) {
                            return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                   (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '=';
                        });
    return usable ? *ref : std::string();
}

}  // namespace tapline
