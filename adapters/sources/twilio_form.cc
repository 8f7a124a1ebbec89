#include "adapters/sources/twilio_form.h"

#include <algorithm>
#include <array>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/phone.h"
#include "adapters/utf8.h"

namespace tapline {
namespace {

constexpr std::size_t kUriBytesMax = 256;
constexpr std::size_t kSidHex = 32;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_sid(std::string_view value, std::string_view prefix) {
    return value.size() == prefix.size() + kSidHex && value.starts_with(prefix) &&
           std::all_of(value.begin() + 2, value.end(),
                       [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

// "SipHeader_X-Foo": Twilio passes on the headers of SIP calls under their own names.
bool is_name(std::string_view name) {
    return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '_' || c == '-';
    });
}

bool is_uri(std::string_view value) {
    constexpr std::array<std::string_view, 8> kSchemes = {
        "sip:", "sips:", "client:", "whatsapp:", "messenger:", "rcs:", "sim:", "wireless:"};
    const bool known = std::any_of(kSchemes.begin(), kSchemes.end(), [&](std::string_view scheme) {
        return value.starts_with(scheme) && value.size() > scheme.size();
    });
    return known && value.size() <= kUriBytesMax &&
           std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

// "anonymous", "Restricted", "22000", "ACME": what stands for a withheld number, a short code or
// an alphanumeric sender. The list of words is not documented, so the shape is what is checked.
bool is_sender_word(std::string_view value) {
    return !value.empty() && value.size() <= 20 && (is_letter(value[0]) || is_digit(value[0])) &&
           std::all_of(value.begin(), value.end(), [](char c) {
               return is_letter(c) || is_digit(c) || c == ' ' || c == '-' || c == '_' || c == '.' ||
                      c == '&' || c == '+';
           });
}

// "+266696687" and its like spell ANONYMOUS and so on; they have the shape of E.164 numbers.
bool is_party(std::string_view value) {
    return is_e164(value) || is_uri(value) || is_sender_word(value);
}

struct UrlParts {
    std::string_view scheme;  // "https"
    std::string_view host;    // "user:pass@hooks.acme.example"
    std::string_view port;    // ":8443" or ""
    std::string_view rest;    // "/hooks/x"
    std::string_view query;   // "?a=b" or ""
};

UrlParts split_url(std::string_view url) {
    UrlParts parts;
    url = url.substr(0, url.find('#'));
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return parts;
    parts.scheme = url.substr(0, scheme);
    url.remove_prefix(scheme + 3);
    const std::size_t query = std::min(url.find('?'), url.size());
    parts.query = url.substr(query);
    url = url.substr(0, query);
    const std::size_t path = std::min(url.find('/'), url.size());
    parts.rest = url.substr(path);
    parts.host = url.substr(0, path);
    const std::size_t colon = parts.host.rfind(':');
    const std::size_t guard = parts.host.find_last_of("@]");
    if (colon != std::string_view::npos && (guard == std::string_view::npos || colon > guard)) {
        parts.port = parts.host.substr(colon);
        parts.host = parts.host.substr(0, colon);
    }
    return parts;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string out;
    std::size_t at = text.find(from);
    while (at != std::string_view::npos) {
        out += text.substr(0, at);
        out += to;
        text.remove_prefix(at + from.size());
        at = text.find(from);
    }
    return out += text;
}

// The text of a whisper's URL, or nothing.
std::optional<std::string> whispered(std::string_view coded) {
    constexpr std::size_t kCodedMax = 1024;
    if (coded.empty() || coded.size() > kCodedMax) return std::nullopt;
    std::string base64(coded);
    for (char& c : base64) {
        if (c == '+' || c == '/' || c == '=') return std::nullopt;
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    base64.append((4 - base64.size() % 4) % 4, '=');
    auto text = base64_decode(base64);
    if (!text || !is_valid_utf8(*text)) return std::nullopt;
    return text;
}

bool repeats_a_name(const Fields& fields) {
    std::vector<std::string_view> names;
    names.reserve(fields.size());
    for (const auto& [name, value] : fields) names.push_back(name);
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
}

}  // namespace

std::string_view TwilioForm::operator[](std::string_view name) const {
    const std::string* value = find_field(fields, name);
    return value != nullptr ? std::string_view(*value) : std::string_view{};
}

std::string twilio_glue(Fields fields) {
    std::sort(fields.begin(), fields.end());
    fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
    std::size_t bytes = 0;
    for (const auto& [name, value] : fields) bytes += name.size() + value.size();
    std::string glued;
    glued.reserve(bytes);
    for (const auto& [name, value] : fields) {
        glued += name;
        glued += value;
    }
    return glued;
}

std::vector<std::string> twilio_url_spellings(std::string_view url) {
    const UrlParts parts = split_url(url);
    std::string default_port = parts.scheme == "http" ? ":80" : ":443";
    const std::array<std::string, 2> ports = {
        "", parts.port.empty() ? std::move(default_port) : std::string(parts.port)};
    const std::array<std::string, 3> queries = {std::string(parts.query),
                                                replaced(parts.query, "'", "%27"),
                                                replaced(parts.query, "%27", "'")};
    std::vector<std::string> spellings;
    for (const std::string& query : queries) {
        for (const std::string& port : ports) {
            std::string spelling = std::string(parts.scheme) + "://";
            spelling += parts.host;
            spelling += port;
            spelling += parts.rest;
            spelling += query;
            const bool known =
                std::find(spellings.begin(), spellings.end(), spelling) != spellings.end();
            if (!known) spellings.push_back(std::move(spelling));
        }
    }
    return spellings;
}

std::string twilio_signature(std::string_view token, std::string_view url, const Fields& fields) {
    return base64_encode(hmac_sha1(token, std::string(url) + twilio_glue(fields)));
}

bool is_twilio_brand(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-';
    });
}

Result<TwilioForm> parse_twilio_url(std::string_view rest) {
    constexpr std::array<std::pair<std::string_view, TwilioUrl>, 5> kPaths = {
        {{"/status", TwilioUrl::status},
         {"/dial", TwilioUrl::dial},
         {"/number", TwilioUrl::number},
         {"/voicemail", TwilioUrl::voicemail},
         {"/whisper", TwilioUrl::whisper}}};
    TwilioForm form;
    if (rest.empty()) return form;
    const auto unknown = fail(ErrorCode::bad_request, "twilio: no such URL of this connection");
    const std::size_t end = std::min(rest.find('/', 1), rest.size());
    const auto path = std::find_if(kPaths.begin(), kPaths.end(), [&](const auto& one) {
        return one.first == rest.substr(0, end);
    });
    if (path == kPaths.end()) return unknown;
    form.url = path->second;
    rest.remove_prefix(end);
    const bool whispers = form.url == TwilioUrl::whisper;
    if (rest.empty() && !whispers) return form;
    rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
    const std::size_t brand_end = whispers ? std::min(rest.find('/'), rest.size()) : rest.size();
    form.brand = rest.substr(0, brand_end);
    if (form.url == TwilioUrl::status || !is_twilio_brand(form.brand)) return unknown;
    if (!whispers) return form;
    rest.remove_prefix(std::min(brand_end + 1, rest.size()));
    const auto text = whispered(rest);
    if (!text) return unknown;
    form.whisper = *text;
    return form;
}

Result<TwilioForm> parse_twilio_form(const SourceRequest& request) {
    auto form = parse_twilio_url(request.rest);
    if (!form) return form;
    auto fields = parse_form(request.body);
    if (!fields) return tl::unexpected(fields.error());
    form->fields = std::move(*fields);
    return form;
}

bool is_other_account(const TwilioForm& form, std::string_view pinned_account) {
    const std::string_view account = form["AccountSid"];
    return !pinned_account.empty() && is_sid(account, "AC") && account != pinned_account;
}

std::optional<std::string> twilio_form_fault(const TwilioForm& form) {
    const auto has = [&](std::string_view name) {
        return find_field(form.fields, name) != nullptr;
    };
    for (const auto& [name, value] : form.fields) {
        if (!is_name(name)) return "a parameter's name is not one of Twilio's";
    }
    if (repeats_a_name(form.fields)) return "a parameter stands twice";
    if (!is_sid(form["AccountSid"], "AC")) return "AccountSid is missing or malformed";
    const bool has_call = has("CallSid");
    if (has_call == has("MessageSid")) return "it names neither one call nor one message";
    if (has_call && !is_sid(form["CallSid"], "CA")) return "CallSid is malformed";
    const std::string_view message = form["MessageSid"];
    if (!has_call && !is_sid(message, "SM") && !is_sid(message, "MM")) {
        return "MessageSid is malformed";
    }
    const std::string_view parent = form["ParentCallSid"];
    if (!parent.empty() && !is_sid(parent, "CA")) return "ParentCallSid is malformed";
    const bool calls_only = form.url != TwilioUrl::incoming && form.url != TwilioUrl::status;
    if (calls_only && !has_call) return "CallSid is missing";
    if (form.url == TwilioUrl::number && parent.empty()) return "ParentCallSid is missing";
    if (!is_party(form["To"])) return "To is missing or malformed";
    // Some carriers give no number at all for a caller who withholds it.
    if (!has("From") || (!form["From"].empty() && !is_party(form["From"]))) {
        return "From is missing or malformed";
    }
    return std::nullopt;
}

}  // namespace tapline
