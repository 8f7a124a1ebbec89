#include "adapters/sources/web.h"

#include <algorithm>
#include <array>

#include "adapters/click.h"
#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/json.h"
#include "adapters/link.h"
#include "adapters/multipart.h"
#include "adapters/sources/table.h"
#include "adapters/utf8.h"
#include "routes/language.h"
#include "routes/region.h"

namespace tapline {
namespace {

constexpr std::string_view kOwnPrefix = "tapline_";
constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kSubjectBytesMax = 1000;
constexpr std::size_t kMessageBytesMax = 64u << 10;
constexpr std::size_t kEmailBytesMax = 254;
constexpr std::size_t kFieldNameBytesMax = 64;
constexpr std::chrono::minutes kRepeatSlot{20};

std::string trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return {};
    return std::string(text.substr(begin, text.find_last_not_of(kBlank) - begin + 1));
}

std::string value_of(const Fields& fields, std::string_view name) {
    const std::string* value = find_field(fields, name);
    return value == nullptr ? std::string() : trimmed(*value);
}

std::string cut(std::string_view text, std::size_t bytes_max) {
    return std::string(utf8_prefix(text, bytes_max));
}

// Control characters have no place in names and addresses.
std::string one_line(std::string text, std::size_t bytes_max) {
    std::replace_if(
        text.begin(), text.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; }, ' ');
    return cut(trimmed(text), bytes_max);
}

// What people type in a text area: browsers send its line ends as CR LF.
std::string with_plain_line_ends(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        out += text[i] == '\r' ? '\n' : text[i];
    }
    return out;
}

bool is_email(std::string_view text) {
    const std::size_t at = text.find('@');
    return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
           text.size() <= kEmailBytesMax && text.find('@', at + 1) == std::string_view::npos &&
           text.find_first_of(" ,;<>\"()") == std::string_view::npos;
}

void add_field(Fields& fields, std::string_view name, std::string value) {
    const auto same = std::find_if(fields.begin(), fields.end(),
                                   [&](const auto& field) { return field.first == name; });
    if (same == fields.end()) {
        fields.emplace_back(name, std::move(value));
    } else if (!value.empty()) {
        same->second += same->second.empty() ? value : ", " + value;
    }
}

Fields joined(const Fields& pairs) {
    Fields fields;
    for (const auto& [name, value] : pairs) {
        add_field(fields, to_valid_utf8(name), to_valid_utf8(value));
    }
    return fields;
}

// A value that is no text, number or truth is kept as it was written.
std::string json_text(const json::Value& value) {
    if (value.is_null()) return {};
    std::string text = json::scalar_of(value);
    return text.empty() && !value.is_string() ? json::minified(value) : text;
}

Result<Fields> json_fields(std::string_view body) {
    const auto root = json::parse(body);
    if (!root) return tl::unexpected(root.error());
    const auto object = json::object_of(*root);
    if (!object) return fail(ErrorCode::bad_request, "the body must be one JSON object of fields");
    if (object->size() > kFormPairsMax) {
        return fail(ErrorCode::bad_request, "the form has more than 1000 fields");
    }
    Fields pairs;
    for (const auto& [name, value] : *object) {
        const auto list = json::array_of(value);
        if (!list) {
            pairs.emplace_back(name, json_text(value));
            continue;
        }
        for (const json::Value& item : *list) {
            if (pairs.size() == kFormPairsMax) break;
            pairs.emplace_back(name, json_text(item));
        }
    }
    return joined(pairs);
}

// Files are not kept: what a visitor chose is told by its name.
Result<Fields> multipart_fields(const SourceRequest& request) {
    const auto form = parse_multipart(request.header("content-type"), request.body);
    if (!form) return tl::unexpected(form.error());
    Fields pairs;
    for (const MultipartField& field : form->fields()) {
        pairs.emplace_back(field.name,
                           field.is_file ? field.file_name : std::string(field.content));
    }
    return joined(pairs);
}

// "/contact" of /hooks/acme-web/contact: the button, where it could be a name.
std::string button_of(std::string_view rest) {
    if (rest.starts_with('/')) rest.remove_prefix(1);
    return rest.find('/') == std::string_view::npos ? std::string(rest) : std::string();
}

void add_customer(const WebForm& form, const Fields& fields, Event& event) {
    Customer& customer = event.customer;
    customer.name = one_line(value_of(fields, form.name), kNameBytesMax);
    // What is no address or number is kept as it was typed: a person may still read it.
    const std::string email = one_line(value_of(fields, form.email), kFormValueBytesMax);
    const std::string phone = one_line(value_of(fields, form.phone), kFormValueBytesMax);
    if (is_email(email)) customer.email = email;
    customer.phone = to_e164(phone);
    if (!email.empty() && customer.email.empty())
        event.attribution.emplace_back("form.email", email);
    if (!phone.empty() && customer.phone.empty())
        event.attribution.emplace_back("form.phone", phone);
    if (!customer.email.empty()) {
        event.reply = {"email", "", customer.email};
    } else if (!customer.phone.empty()) {
        event.reply = {"call", "", customer.phone};
    }
}

void add_page(const SourceRequest& request, const Fields& fields, Event& event) {
    std::string page = value_of(fields, "tapline_page");
    if (page.empty()) page = to_valid_utf8(request.header("referer"));
    page = one_line(std::move(page), kFormValueBytesMax);
    const std::string referrer = one_line(value_of(fields, "tapline_referrer"), kFormValueBytesMax);
    // The form's own hidden fields know better than the URL of the page.
    event.attribution = click_fields(fields);
    for (auto& [name, value] : click_fields_of_url(page)) {
        if (find_field(event.attribution, name) == nullptr) {
            event.attribution.emplace_back(std::move(name), std::move(value));
        }
    }
    if (!page.empty()) event.attribution.emplace_back("page.url", page);
    if (!referrer.empty()) event.attribution.emplace_back("page.referrer", referrer);
    event.ref = one_line(value_of(fields, "tapline_ref"), kIdBytesMax);
    const std::size_t query = page.find('?');
    if (event.ref.empty() && query != std::string::npos) {
        event.ref = link_ref(page.substr(query + 1, page.find('#') - query - 1));
    }
}

bool is_known(const WebForm& form, std::string_view name) {
    return name == form.name || name == form.email || name == form.phone || name == form.message ||
           name == form.subject || (!form.honeypot.empty() && name == form.honeypot) ||
           name.starts_with(kOwnPrefix) || is_click_field(name);
}

void add_others(const WebForm& form, const Fields& fields, Event& event) {
    std::size_t kept = 0;
    std::size_t left_out = 0;
    for (const auto& [name, value] : fields) {
        if (value.empty() || is_known(form, name)) continue;
        if (kept == kFormFieldsKept || name.empty() || name.size() > kFieldNameBytesMax) {
            ++left_out;
            continue;
        }
        ++kept;
        event.attribution.emplace_back("form." + one_line(name, kFieldNameBytesMax),
                                       cut(trimmed(value), kFormValueBytesMax));
    }
    if (left_out > 0) event.attribution.emplace_back("form.left_out", std::to_string(left_out));
}

// Two overlapping rows of slots: whatever the moment, the next ten minutes share a slot of one row.
void identify(const SourceRequest& request, const Fields& fields, Time now, Event& event) {
    const std::string id = one_line(value_of(fields, "tapline_id"), kIdBytesMax);
    if (!id.empty()) {
        event.event_id = "id/" + id;
        return;
    }
    std::string content;
    const auto add = [&](std::string_view part) {
        content += std::to_string(part.size()) + ':';
        content += part;
    };
    add(event.button);
    add(request.client);
    add(request.header("user-agent"));
    for (const auto& [name, value] : fields) {
        if (name.starts_with(kOwnPrefix)) continue;
        add(name);
        add(value);
    }
    const auto slot = [&](Time moment) {
        return std::to_string(moment.time_since_epoch() / Milliseconds(kRepeatSlot));
    };
    event.event_id = "form/" + sha256_hex(content + "\n" + slot(now)).substr(0, 40);
    event.replay_key = sha256_hex(content + "\n" + slot(now + kRepeatSlot / 2) + "\nhalf");
}

Result<Verified> verify(const SourceRequest& request, const SourceSecrets& secrets, Time /*now*/) {
    if (request.method != "POST") return fail(ErrorCode::bad_request, "forms come as POST");
    if (secrets.form == nullptr || !web_origin_allowed(*secrets.form, web_origin(request))) {
        return fail(ErrorCode::unauthorized, "the page that posts is of no origin in the config");
    }
    return Verified{"none", "", ""};
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    const auto fields = web_fields(request);
    if (!fields) return tl::unexpected(fields.error());
    const WebForm usual;
    SourceSecrets own = secrets;
    if (own.form == nullptr) own.form = &usual;
    std::vector<ParsedItem> items;
    if (web_trapped(*own.form, *fields)) return items;
    items.push_back({web_event(request, own, *fields, now), {}});
    return items;
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    const WebForm usual;
    const WebForm& form = secrets.form == nullptr ? usual : *secrets.form;
    SignedRequest request;
    request.url = sample.to.empty() ? sample.url : sample.url + '/' + sample.to;
    request.body = sample.body;
    if (request.body.empty()) {
        const bool by_phone = sample.from.starts_with('+');
        const std::string from = sample.from.empty()
                                     ? "visitor" + sample.random.substr(0, 6) + "@acme.example"
                                     : sample.from;
        Fields fields = {{form.message, sample.text},
                         {by_phone ? form.phone : form.email, from},
                         {"tapline_id", sample.id.empty() ? sample.random : sample.id}};
        if (!sample.ref.empty()) fields.emplace_back("tapline_ref", sample.ref);
        request.body = encode_form(fields);
    }
    const bool is_json = request.body.starts_with('{');
    const std::string usual_type =
        is_json ? "application/json" : "application/x-www-form-urlencoded";
    request.headers = {
        {"Content-Type", sample.content_type.empty() ? usual_type : sample.content_type},
        {"Accept", "application/json"}};
    if (!form.origins.empty()) request.headers.emplace_back("Origin", form.origins.front());
    return request;
}

}  // namespace

std::string web_origin(const SourceRequest& request) {
    if (request.header_count("origin") == 1) return std::string(request.header("origin"));
    if (request.header_count("origin") > 1) return {};
    const std::string_view referer = request.header("referer");
    const std::size_t scheme = referer.find("://");
    if (scheme == std::string_view::npos) return {};
    return std::string(referer.substr(0, referer.find_first_of("/?#", scheme + 3)));
}

bool web_origin_allowed(const WebForm& form, std::string_view origin) {
    return !origin.empty() &&
           std::find(form.origins.begin(), form.origins.end(), origin) != form.origins.end();
}

bool web_type_allowed(std::string_view content_type) {
    const std::string type = media_type(content_type);
    return type == "application/x-www-form-urlencoded" || type == "application/json" ||
           type == "multipart/form-data";
}

Result<Fields> web_fields(const SourceRequest& request) {
    const std::string type = media_type(request.header("content-type"));
    if (request.body.size() > kFormBytesMax) {
        return fail(ErrorCode::bad_request, "the form has more than 256 KiB");
    }
    if (type == "application/json") return json_fields(request.body);
    if (type == "multipart/form-data") return multipart_fields(request);
    if (type != "application/x-www-form-urlencoded") {
        return fail(ErrorCode::bad_request,
                    "Content-Type must be application/x-www-form-urlencoded, multipart/form-data "
                    "or application/json");
    }
    if (request.body.empty()) return Fields{};
    const auto pairs = parse_form(request.body);
    if (!pairs) return tl::unexpected(pairs.error());
    return joined(*pairs);
}

bool web_trapped(const WebForm& form, const Fields& fields) {
    return !form.honeypot.empty() && !value_of(fields, form.honeypot).empty();
}

tl::expected<Event, std::string> web_event(const SourceRequest& request,
                                           const SourceSecrets& secrets, const Fields& fields,
                                           Time now) {
    const WebForm& form = *secrets.form;
    Event event;
    event.provider = "web";
    event.connection = secrets.connection;
    event.channel = Channel::email;
    event.type = "contact.email";
    event.occurred_at = now;
    event.auth = "none";
    event.button = button_of(request.rest);
    event.text =
        cut(trimmed(with_plain_line_ends(value_of(fields, form.message))), kMessageBytesMax);
    event.subject = one_line(value_of(fields, form.subject), kSubjectBytesMax);
    event.language = language_tag(value_of(fields, "language"));
    add_page(request, fields, event);
    add_customer(form, fields, event);
    const bool says_something = !event.text.empty() || !value_of(fields, form.email).empty() ||
                                !value_of(fields, form.phone).empty();
    if (!says_something) {
        return tl::unexpected(
            std::string("fill in a message, an e-mail address or a phone number"));
    }
    add_others(form, fields, event);
    identify(request, fields, now, event);
    return event;
}

Source web_source() {
    Source source{"web",
                  "contact forms that browsers post, without a signature",
                  nullptr,
                  verify,
                  parse,
                  nullptr,
                  {200, "application/json", "{}\n"},
                  sign};
    source.proof.none = true;
    return source;
}

}  // namespace tapline
