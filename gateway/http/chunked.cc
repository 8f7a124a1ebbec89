#include "gateway/http/chunked.h"

#include <algorithm>

#include "gateway/http/characters.h"

namespace tapline::http {
namespace {

constexpr std::uint8_t kSizeDigitsMax = 8;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = to_lower(c);
    if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
    return -1;
}

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::feed(std::string_view in, std::size_t& used, std::string& body,
                                          std::size_t body_max) {
    used = 0;
    while (used < in.size()) {
        if (state_ == State::data) {
            const std::size_t n =
                static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size() - used));
            body.append(in.substr(used, n));
            used += n;
            left_ -= n;
            if (left_ == 0) state_ = State::data_cr;
            continue;
        }
        const Step step = take(in[used++], body.size(), body_max);
        if (step != Step::more) return step;
    }
    return Step::more;
}

ChunkedDecoder::Step ChunkedDecoder::take(char c, std::size_t body_bytes, std::size_t body_max) {
    switch (state_) {
        case State::size:
            return take_size(c);
        case State::extension:
            if (c == '\r') {
                state_ = State::size_end;
                return Step::more;
            }
            return is_field_value({&c, 1}) && ++extension_bytes_ <= kExtensionBytesMax
                       ? Step::more
                       : Step::malformed;
        case State::size_end:
            return take_size_end(c, body_bytes, body_max);
        case State::data:
            break;
        case State::data_cr:
            state_ = State::data_end;
            return c == '\r' ? Step::more : Step::malformed;
        case State::data_end:
            state_ = State::size;
            return c == '\n' ? Step::more : Step::malformed;
        case State::trailer:
            return take_trailer(c);
    }
    return Step::malformed;
}

ChunkedDecoder::Step ChunkedDecoder::take_size(char c) {
    const int digit = hex_value(c);
    if (digit >= 0) {
        if (++digits_ > kSizeDigitsMax) return Step::malformed;
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return Step::more;
    }
    if (digits_ == 0 || (c != ';' && c != '\r')) return Step::malformed;
    digits_ = 0;
    state_ = c == ';' ? State::extension : State::size_end;
    return Step::more;
}

ChunkedDecoder::Step ChunkedDecoder::take_size_end(char c, std::size_t body_bytes,
                                                   std::size_t body_max) {
    if (c != '\n') return Step::malformed;
    if (left_ == 0) {
        state_ = State::trailer;
        return Step::more;
    }
    if (body_bytes > body_max || left_ > body_max - body_bytes) return Step::body_too_large;
    state_ = State::data;
    return Step::more;
}

ChunkedDecoder::Step ChunkedDecoder::take_trailer(char c) {
    if (++trailer_bytes_ > kTrailerBytesMax) return Step::trailers_too_large;
    if (c != '\n') {
        line_.push_back(c);
        return Step::more;
    }
    if (line_.empty() || line_.back() != '\r') return Step::malformed;
    line_.pop_back();
    if (line_.empty()) return Step::done;
    const bool valid = parse_field_line(line_).has_value();
    line_.clear();
    return valid ? Step::more : Step::malformed;
}

}  // namespace tapline::http
