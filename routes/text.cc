#include "routes/text.h"

#include "routes/letters.h"
#include "routes/utf8.h"

namespace tapline {

namespace {

bool is_apostrophe(char32_t point) {
    return point == '\'' || point == '`' || point == 0xB4 || point == 0x2BC || point == 0x2018 ||
           point == 0x2019 || point == 0x2032 || point == 0xFF07;
}

void end_word(std::string& out) {
    if (out.back() != ' ') out += ' ';
}

void fold_ascii(char byte, std::string& out) {
    if (byte >= 'A' && byte <= 'Z') {
        out += static_cast<char>(byte + ('a' - 'A'));
    } else if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')) {
        out += byte;
    } else {
        end_word(out);
    }
}

void fold_other(char32_t point, std::string_view bytes, std::string& out) {
    const FoldedLetter letter = fold_letter(point);
    switch (letter.kind) {
        case LetterKind::letter:
            out += letter.size == 0 ? bytes : letter.text();
            return;
        case LetterKind::dropped:
            return;
        case LetterKind::separator:
            end_word(out);
            return;
    }
}

// The t of n't follows.
bool is_inside_nt(std::string_view rest, const std::string& out) {
    return out.back() == 'n' && !rest.empty() && (rest.front() == 't' || rest.front() == 'T');
}

}  // namespace

std::string fold(std::string_view text) {
    text = text.substr(0, kFoldBytesMax);
    std::string out = " ";
    out.reserve(text.size() + 2);
    while (!text.empty()) {
        const CodePoint point = decode_utf8(text);
        const std::string_view bytes = text.substr(0, point.bytes);
        text.remove_prefix(point.bytes);
        if (is_apostrophe(point.value) && is_inside_nt(text, out)) continue;
        if (point.value < 0x80) {
            fold_ascii(bytes.front(), out);
        } else {
            fold_other(point.value, bytes, out);
        }
    }
    end_word(out);
    return out;
}

WordPattern::WordPattern(std::string_view written) : written_(written) {
    const bool is_prefix = written.ends_with('*');
    needle_ = fold(written);
    if (is_prefix) needle_.pop_back();
}

bool WordPattern::is_valid(std::string_view written) {
    const std::size_t star = written.find('*');
    if (star != std::string_view::npos) {
        if (star + 1 != written.size()) return false;
        // Without the star, the last thing must be part of a word: "switch *" would mean nothing.
        const std::string marked = fold(std::string(written.substr(0, star)) + "x");
        if (marked.ends_with(" x ")) return false;
    }
    return fold(written).size() > 2;
}

bool WordPattern::matches(std::string_view folded) const {
    return folded.find(needle_) != std::string_view::npos;
}

}  // namespace tapline
