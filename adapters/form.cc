#include "adapters/form.h"

#include <utility>

namespace tapline {
namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void append_encoded(std::string& out, std::string_view bytes, PlusSign space) {
    for (const char c : bytes) {
        if (is_unreserved(c)) {
            out.push_back(c);
        } else if (c == ' ' && space == PlusSign::space) {
            out.push_back('+');
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out.push_back('%');
            out.push_back(kUpperHex[byte >> 4]);
            out.push_back(kUpperHex[byte & 15]);
        }
    }
}

// Takes the piece up to the next "&" off the front of `rest`; `more` says whether one followed.
std::string_view take_piece(std::string_view& rest, bool& more) {
    const std::size_t end = rest.find('&');
    more = end != std::string_view::npos;
    const std::string_view piece = rest.substr(0, end);
    rest = more ? rest.substr(end + 1) : std::string_view{};
    return piece;
}

std::optional<std::pair<std::string, std::string>> decode_pair(std::string_view piece) {
    const std::size_t equals = piece.find('=');
    auto name = percent_decode(piece.substr(0, equals), PlusSign::space);
    if (!name) return std::nullopt;
    if (equals == std::string_view::npos) return std::pair{std::move(*name), std::string{}};
    auto value = percent_decode(piece.substr(equals + 1), PlusSign::space);
    if (!value) return std::nullopt;
    return std::pair{std::move(*name), std::move(*value)};
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, PlusSign plus) {
    std::string bytes;
    bytes.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '+' && plus == PlusSign::space) {
            bytes.push_back(' ');
        } else if (c != '%') {
            bytes.push_back(c);
        } else {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            bytes.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        }
    }
    return bytes;
}

std::string percent_encode(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 3 / 2);
    append_encoded(out, bytes, PlusSign::literal);
    return out;
}

std::string encode_form(const Fields& fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        if (!out.empty()) out.push_back('&');
        append_encoded(out, name, PlusSign::space);
        out.push_back('=');
        append_encoded(out, value, PlusSign::space);
    }
    return out;
}

Result<Fields> parse_form(std::string_view body) {
    Fields fields;
    if (body.empty()) return fields;
    fields.reserve(32);
    bool more = true;
    while (more) {
        const std::string_view piece = take_piece(body, more);
        if (piece.empty()) return fail(ErrorCode::bad_request, "form: an empty pair");
        if (fields.size() == kFormPairsMax) {
            return fail(ErrorCode::bad_request,
                        "form: more than " + std::to_string(kFormPairsMax) + " pairs");
        }
        auto pair = decode_pair(piece);
        if (!pair) return fail(ErrorCode::bad_request, "form: an escape is not two hex digits");
        fields.push_back(std::move(*pair));
    }
    return fields;
}

Fields parse_query(std::string_view query) {
    Fields fields;
    bool more = !query.empty();
    while (more && fields.size() < kFormPairsMax) {
        auto pair = decode_pair(take_piece(query, more));
        if (pair && !pair->first.empty()) fields.push_back(std::move(*pair));
    }
    return fields;
}

const std::string* find_field(const Fields& fields, std::string_view name) {
    for (const auto& [key, value] : fields) {
        if (key == name) return &value;
    }
    return nullptr;
}

}  // namespace tapline
