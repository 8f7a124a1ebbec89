#include "adapters/mail/mime.h"

#include <algorithm>
#include <gmime/gmime.h>
#include <memory>

#include "adapters/crypto.h"
#include "adapters/mail/charset.h"
#include "adapters/mail/html_text.h"
#include "adapters/utf8.h"

namespace tapline {
namespace {

// More than any mail of a person has, few enough that GMime compares them all in time.
constexpr std::size_t kBoundariesMax = 100;
constexpr std::string_view kUnreadable = "application/octet-stream";
constexpr int kAddressesMax = 100;
constexpr int kGroupDepthMax = 4;
constexpr std::size_t kAddressBytesMax = 320;
constexpr std::size_t kPersonBytesMax = 200;
constexpr std::size_t kPartTextBytesMax = kMailTextBytesMax * 4;

void start_gmime() {
    // Once, whichever thread comes first.
    static const bool started = [] {
        g_mime_init();
        return true;
    }();
    static_cast<void>(started);
}

struct Unref {
    void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Ref = std::unique_ptr<T, Unref>;

struct GFree {
    void operator()(char* text) const { g_free(text); }
};
using GText = std::unique_ptr<char, GFree>;

std::string_view view_of(const char* text) {
    return text == nullptr ? std::string_view() : std::string_view(text);
}

std::string lower(std::string_view text) {
    std::string low(text);
    std::transform(low.begin(), low.end(), low.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return low;
}

// How often `word` (lower case) stands in the text, in any case; counts up to `most`.
std::size_t occurrences(std::string_view text, std::string_view word, std::size_t most) {
    std::size_t found = 0;
    const auto same = [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    };
    auto at = text.begin();
    while (found < most) {
        at = std::search(at, text.end(), word.begin(), word.end(), same);
        if (at == text.end()) break;
        ++found;
        at += static_cast<std::ptrdiff_t>(word.size());
    }
    return found;
}

bool nests_too_much(std::string_view raw) {
    return occurrences(raw, "boundary", kBoundariesMax + 1) > kBoundariesMax ||
           occurrences(raw, "message/", kBoundariesMax + 1) > kBoundariesMax;
}

// Where the header block ends: behind its empty line, or the end.
std::size_t body_begins(std::string_view raw) {
    std::size_t line = 0;
    while (line < raw.size()) {
        const std::size_t end = raw.find('\n', line);
        const std::size_t length = (end == raw.npos ? raw.size() : end) - line;
        const bool empty = length == 0 || (length == 1 && raw[line] == '\r');
        if (empty) return end == raw.npos ? raw.size() : end + 1;
        if (end == raw.npos) break;
        line = end + 1;
    }
    return raw.size();
}

// The decoded bytes of a part.
std::string content_of(GMimePart* part) {
    GMimeDataWrapper* content = g_mime_part_get_content(part);
    if (content == nullptr) return {};
    const Ref<GMimeStream> memory(g_mime_stream_mem_new());
    g_mime_data_wrapper_write_to_stream(content, memory.get());
    const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory.get()));
    if (bytes == nullptr || bytes->len == 0) return {};
    return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

std::uint64_t size_of(GMimePart* part) {
    GMimeDataWrapper* content = g_mime_part_get_content(part);
    if (content == nullptr) return 0;
    const Ref<GMimeStream> counter(g_mime_stream_null_new());
    g_mime_data_wrapper_write_to_stream(content, counter.get());
    return GMIME_STREAM_NULL(counter.get())->written;
}

std::string type_of(GMimeObject* object) {
    GMimeContentType* type = g_mime_object_get_content_type(object);
    if (type == nullptr) return "text/plain";
    const std::string_view media = view_of(g_mime_content_type_get_media_type(type));
    const std::string_view sub = view_of(g_mime_content_type_get_media_subtype(type));
    if (media.empty() || sub.empty()) return std::string(kUnreadable);
    return one_line(lower(std::string(media) + "/" + std::string(sub)), 100);
}

// Whether the part says that its type is the one that GMime takes malformed types for too.
bool is_declared(GMimeObject* object, std::string_view type) {
    const std::string_view written = view_of(g_mime_object_get_header(object, "Content-Type"));
    return lower(written.substr(0, 200)).find(type) != std::string::npos;
}

// Collects what the parts of one mail say.
class Walk {
  public:
    explicit Walk(MailMessage& mail) : mail_(mail) {}

    void visit(GMimeObject* object, int depth) {
        if (object == nullptr) return;
        if (depth > kMailDepthMax || ++parts_ > kMailPartsMax) {
            mail_.cut = true;
            return;
        }
        if (GMIME_IS_MULTIPART(object)) {
            auto* multipart = GMIME_MULTIPART(object);
            const int count = g_mime_multipart_get_count(multipart);
            for (int i = 0; i < count && parts_ <= kMailPartsMax; ++i) {
                visit(g_mime_multipart_get_part(multipart, i), depth + 1);
            }
        } else if (GMIME_IS_PART(object)) {
            leaf(GMIME_PART(object));
        } else {
            attach({type_of(object), "", "", 0});
        }
    }

    std::string text() const {
        const std::string plain = clean_text(plain_);
        return plain.empty() ? clean_text(html_to_text(to_valid_utf8(html_))) : plain;
    }

  private:
    void leaf(GMimePart* part) {
        std::string type = type_of(GMIME_OBJECT(part));
        // RFC 2045, section 5.2.
        if (type == kUnreadable && !is_declared(GMIME_OBJECT(part), type)) type = "text/plain";
        if (type == "message/delivery-status" || type == "message/global-delivery-status") {
            mail_.has_delivery_status = true;
        }
        const std::string disposition =
            lower(view_of(g_mime_object_get_disposition(GMIME_OBJECT(part))));
        const std::string_view written = view_of(g_mime_part_get_filename(part));
        const bool is_text = type == "text/plain" || type == "text/html";
        if (!is_text || disposition == "attachment" || !written.empty()) {
            return attach({type, "", bare_file_name(decode_header(written)), size_of(part)});
        }
        const std::string_view charset =
            view_of(g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset"));
        std::string& text = type == "text/plain" ? plain_ : html_;
        if (text.size() >= kPartTextBytesMax) {
            mail_.cut = true;
            return;
        }
        if (!text.empty()) text += "\n\n";
        const std::string bytes = content_of(part);
        text += text_to_utf8(bytes, charset, kPartTextBytesMax);
        const std::size_t shown = type == "text/plain" ? kMailTextBytesMax : kPartTextBytesMax;
        if (text.size() > shown) mail_.cut = true;
    }

    void attach(Attachment attachment) {
        if (mail_.attachments.size() < kMailAttachmentsMax) {
            mail_.attachments.push_back(std::move(attachment));
        } else {
            mail_.cut = true;
        }
    }

    MailMessage& mail_;
    std::string plain_;
    std::string html_;
    std::size_t parts_ = 0;
};

void add_people(InternetAddressList* list, int depth, std::vector<MailPerson>& people) {
    if (list == nullptr || depth > kGroupDepthMax) return;
    const int count = std::min(internet_address_list_length(list), kAddressesMax);
    for (int i = 0; i < count && people.size() < kAddressesMax; ++i) {
        InternetAddress* one = internet_address_list_get_address(list, i);
        if (INTERNET_ADDRESS_IS_GROUP(one)) {
            add_people(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(one)), depth + 1,
                       people);
            continue;
        }
        MailPerson person;
        person.name = one_line(view_of(internet_address_get_name(one)), kPersonBytesMax);
        person.address =
            one_line(view_of(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(one))),
                     kAddressBytesMax);
        people.push_back(std::move(person));
    }
}

MailPerson first_person(const MailMessage& mail, std::string_view name) {
    const std::string* value = mail.header(name);
    if (value == nullptr) return {};
    for (MailPerson& person : parse_addresses(*value)) {
        if (!person.address.empty()) return std::move(person);
    }
    return {};
}

std::optional<Time> date_of(const MailMessage& mail) {
    const std::string* value = mail.header("date");
    if (value == nullptr) return std::nullopt;
    GDateTime* date = g_mime_utils_header_decode_date(value->substr(0, 100).c_str());
    if (date == nullptr) return std::nullopt;
    const Time time{std::chrono::seconds(g_date_time_to_unix(date))};
    g_date_time_unref(date);
    return time;
}

std::string ids_of(const MailMessage& mail, std::string_view name) {
    const std::string* value = mail.header(name);
    return value == nullptr ? std::string() : one_line(*value, 4096);
}

void read_headers(MailMessage& mail) {
    const auto value = [&](std::string_view name) {
        const std::string* found = mail.header(name);
        return found == nullptr ? std::string() : *found;
    };
    mail.from = first_person(mail, "from");
    if (mail.from.address.empty()) {
        const MailPerson sender = first_person(mail, "sender");
        if (!sender.address.empty()) mail.from = sender;
    }
    mail.reply_to = first_person(mail, "reply-to");
    mail.subject = std::string(utf8_prefix(decode_header(value("subject")), kMailSubjectBytesMax));
    mail.message_id = bare_message_id(value("message-id"));
    mail.in_reply_to = bare_message_id(value("in-reply-to"));
    mail.references = ids_of(mail, "references");
    mail.date = date_of(mail);
    const std::string type = value("content-type");
    if (type.empty()) return;
    GMimeContentType* parsed = g_mime_content_type_parse(nullptr, type.c_str());
    if (parsed == nullptr) return;
    const Ref<GMimeContentType> content_type(parsed);
    mail.content_type = lower(view_of(g_mime_content_type_get_media_type(parsed))) + "/" +
                        lower(view_of(g_mime_content_type_get_media_subtype(parsed)));
    mail.report_type =
        one_line(lower(view_of(g_mime_content_type_get_parameter(parsed, "report-type"))), 100);
}

}  // namespace

std::string decode_header(std::string_view value) {
    start_gmime();
    std::string text(value.substr(0, kMailValueBytesMax));
    text.erase(std::remove(text.begin(), text.end(), '\0'), text.end());
    const bool is_utf8 = is_valid_utf8(text);
    const bool has_words = text.find("=?") != text.npos;
    if (!has_words) {
        return one_line(is_utf8 ? text : text_to_utf8(text, "", text.size() * 3), text.size() * 3);
    }
    const GText decoded(g_mime_utils_header_decode_text(nullptr, text.c_str()));
    return one_line(view_of(decoded.get()), kMailValueBytesMax);
}

std::vector<MailPerson> parse_addresses(std::string_view value) {
    start_gmime();
    std::string text(value.substr(0, kMailValueBytesMax));
    text.erase(std::remove(text.begin(), text.end(), '\0'), text.end());
    std::vector<MailPerson> people;
    InternetAddressList* list = internet_address_list_parse(nullptr, text.c_str());
    if (list == nullptr) return people;
    const Ref<InternetAddressList> owner(list);
    add_people(list, 0, people);
    return people;
}

MailMessage mail_of_headers(MailHeaders headers, std::string_view text, std::string_view html) {
    start_gmime();
    MailMessage mail;
    mail.headers = std::move(headers);
    read_headers(mail);
    mail.text = clean_text(text);
    if (mail.text.empty()) {
        mail.text = clean_text(html_to_text(to_valid_utf8(utf8_prefix(html, kPartTextBytesMax))));
    }
    mail.cut = text.size() > kMailTextBytesMax;
    return mail;
}

MailMessage parse_mime(std::string_view raw) {
    start_gmime();
    MailMessage mail;
    mail.digest = sha256_hex(raw);
    mail.cut = raw.size() > kMailBytesMax;
    raw = raw.substr(0, kMailBytesMax);
    const std::size_t body = body_begins(raw);
    mail.headers = parse_header_block(raw.substr(0, std::min(body, kMailHeaderBytesMax)));
    read_headers(mail);
    if (body > kMailHeaderBytesMax || nests_too_much(raw)) {
        mail.cut = true;
        mail.text = clean_text(text_to_utf8(raw.substr(body), "", kMailTextBytesMax));
        return mail;
    }
    if (mail.headers.empty()) {
        mail.text = clean_text(text_to_utf8(raw, "", kMailTextBytesMax));
        return mail;
    }
    const Ref<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(raw.data(), raw.size()));
    const Ref<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
    GMimeMessage* message = g_mime_parser_construct_message(parser.get(), nullptr);
    if (message == nullptr) return mail;
    const Ref<GMimeMessage> owner(message);
    Walk walk(mail);
    walk.visit(g_mime_message_get_mime_part(message), 0);
    mail.text = walk.text();
    return mail;
}

}  // namespace tapline
