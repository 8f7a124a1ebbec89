// Contact forms that browsers post: POST /hooks/{connection}[/{button}].
//
//     if (!web_origin_allowed(form, web_origin(request))) refuse();
//     auto fields = web_fields(request);
//     if (web_trapped(form, *fields)) answer_as_if_accepted();
//     auto event = web_event(request, secrets, *fields, now);
//
// application/x-www-form-urlencoded, multipart/form-data (of files the name alone), and JSON (one
// flat object).
// Nothing is signed: a browser keeps no secret. What stands in are the origins that the config
// names, a honeypot field, and limits by client (gateway/intake/web_forms.h).
//
// The fields that the config names become name, e-mail address, phone number, message and subject.
// Of the page's URL (field tapline_page, else the Referer) the click fields are kept, and every
// other field becomes attribution "form.<name>": at most kFormFieldsKept of at most
// kFormValueBytesMax bytes; "form.left_out" counts the rest. Fields of our own:
//
//     tapline_id        made by the page for one submit: the same id is the same contact
//     tapline_ref       a tracking number or a button's name
//     tapline_page, tapline_referrer    where the form stands, and what led there
//
// Without tapline_id the same content of the same client within ten minutes is the same contact
// (up to twenty, as the clock falls). Pure; safe from any thread.
#pragma once

#include <string>

#include "adapters/source.h"

namespace tapline {

inline constexpr std::size_t kFormBytesMax = 256u << 10;
inline constexpr std::size_t kFormFieldsKept = 40;
inline constexpr std::size_t kFormValueBytesMax = 2048;

// The Origin header, else the origin of the Referer; "" when neither tells.
std::string web_origin(const SourceRequest& request);
bool web_origin_allowed(const WebForm& form, std::string_view origin);

bool web_type_allowed(std::string_view content_type);

// All fields in their order as valid UTF-8; values of one name joined by ", ". Error bad_request:
// the body is not what its Content-Type says, or has more than kFormPairsMax fields.
Result<Fields> web_fields(const SourceRequest& request);

// Whether the field that people do not see is filled.
bool web_trapped(const WebForm& form, const Fields& fields);

// The error is for the visitor: what to fill in. REQUIRES: secrets.form.
tl::expected<Event, std::string> web_event(const SourceRequest& request,
                                           const SourceSecrets& secrets, const Fields& fields,
                                           Time now);

}  // namespace tapline
