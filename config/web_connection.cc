#include "config/web_connection.h"

#include <algorithm>
#include <array>

#include "config/endpoints.h"

namespace tapline {

namespace {

constexpr std::size_t kOriginsMax = 32;
constexpr std::size_t kFieldBytesMax = 64;
constexpr std::size_t kUrlBytesMax = 1000;

// As browsers write it: lower case, no final slash, no port that is the scheme's own.
Parsed<std::string> parse_origin(std::string_view written) {
    if (written == "*" || written == "null") {
        return tl::unexpected<std::string>("name each site: any page of the web could post here");
    }
    Parsed<std::string> url = parse_public_url(written);
    if (!url) return tl::unexpected<std::string>("write scheme, host and port alone");
    std::string origin = *url;
    const bool is_lower =
        std::none_of(origin.begin(), origin.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!is_lower) return tl::unexpected<std::string>("write it in lower case");
    const bool own_port = (origin.starts_with("https://") && origin.ends_with(":443")) ||
                          (origin.starts_with("http://") && origin.ends_with(":80"));
    if (own_port) {
        return tl::unexpected("write " + origin.substr(0, origin.rfind(':')) + ", as browsers do");
    }
    return origin;
}

Parsed<std::string> parse_page_url(std::string_view written) {
    const bool is_web = written.starts_with("https://") || written.starts_with("http://");
    const bool is_plain = std::all_of(written.begin(), written.end(),
                                      [](char c) { return c > ' ' && c < '\x7F' && c != '"'; });
    if (is_web && is_plain && written.size() <= kUrlBytesMax) return std::string(written);
    return tl::unexpected<std::string>("");
}

Parsed<std::string> parse_form_field(std::string_view written) {
    const bool is_plain = std::none_of(written.begin(), written.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
    });
    const bool is_ours = written.starts_with("tapline_");
    if (is_ours) return tl::unexpected<std::string>("names that begin with tapline_ are taken");
    if (is_plain && !written.empty() && written.size() <= kFieldBytesMax) {
        return std::string(written);
    }
    return tl::unexpected<std::string>("");
}

constexpr ValueKind<std::string> kOrigin = {"the origin of a site like https://www.acme.example",
                                            parse_origin};
constexpr ValueKind<std::string> kPageUrl = {
    "the URL of a page like https://www.acme.example/thanks", parse_page_url};
constexpr ValueKind<std::string> kFormField = {"the name of a form's field, at most 64 bytes",
                                               parse_form_field};

void read_origins(const YamlNode* node, Report& report, WebForm& form) {
    const auto items = read_items(node, "one or more origins", report);
    if (items.size() > kOriginsMax) {
        report.error(node->where, "more than 32 origins; make several connections");
    }
    for (const YamlNode* item : items) {
        if (auto origin = read_value(item, kOrigin, report)) form.origins.push_back(*origin);
    }
}

void read_fields(const YamlNode* node, Report& report, WebForm& form) {
    if (node == nullptr) return;
    KeyReader names(node, "fields", report);
    const std::array<std::pair<std::string_view, std::string*>, 5> known = {
        {{"name", &form.name},
         {"email", &form.email},
         {"phone", &form.phone},
         {"message", &form.message},
         {"subject", &form.subject}}};
    for (const auto& [key, target] : known) {
        *target = read_value(names.find(key), kFormField, report).value_or(*target);
    }
    names.done();
}

void check_names(const std::string& what, const Where& where, const WebForm& form, Report& report) {
    std::vector<std::string> names = {form.name, form.email, form.phone, form.message,
                                      form.subject};
    if (!form.honeypot.empty()) names.push_back(form.honeypot);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice == names.end()) return;
    report.error(where, what + " uses the form's field " + shown(*twice) +
                            " for two things; give each its own");
}

}  // namespace

void read_web_form(KeyReader& fields, const GatewayReading& reading, Connection& connection) {
    Report& report = reading.report;
    const std::string what = "connection " + shown(connection.name);
    WebForm& form = connection.form;
    if (!connection.secrets.empty() || fields.find("secrets") != nullptr) {
        report.error(fields.where("secrets"),
                     what +
                         " is posted to by browsers, which cannot keep a secret; remove "
                         "secrets");
    }
    if (fields.is_map() && fields.find("unsigned") == nullptr) {
        report.error(fields.where("provider"),
                     what +
                         " takes what browsers post, which has no signature; add unsigned: "
                         "accept and because: \"what protects it instead\"");
    }
    read_origins(fields.need("origins", "add origins: [https://HOST] of the pages that post"),
                 report, form);
    form.thanks = read_value(fields.find("thanks"), kPageUrl, report).value_or("");
    form.honeypot = read_value(fields.find("honeypot"), kFormField, report).value_or("");
    read_fields(fields.find("fields"), report, form);
    check_names(what, fields.where("fields"), form, report);
    if (const YamlNode* limits = fields.find("per_minute")) {
        KeyReader rates(limits, "per_minute", report);
        form.client_per_minute =
            read_value(rates.find("client"), kCount, report).value_or(form.client_per_minute);
        form.all_per_minute =
            read_value(rates.find("all"), kCount, report).value_or(form.all_per_minute);
        rates.done();
    }
}

}  // namespace tapline
