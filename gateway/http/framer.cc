#include "gateway/http/framer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "gateway/http/characters.h"

namespace tapline::http {
namespace {

constexpr std::array<std::string_view, 7> kMethods{"GET",   "HEAD",   "POST",   "PUT",
                                                   "PATCH", "DELETE", "OPTIONS"};
// What a request line has beside its URI: method, version, two spaces.
constexpr std::size_t kRequestLineExtra = 64;
constexpr std::size_t kLengthDigitsMax = 18;  // fits in 64 bits
constexpr std::size_t kKeptCapacity = 4096;   // of a buffer that waits for the next request

bool carries_body(std::string_view method) {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

void Framer::reset(const FramerLimits& limits) {
    std::string head = std::move(head_);
    std::string body = std::move(body_);
    std::vector<FieldSpan> fields = std::move(fields_);
    *this = Framer(limits);
    if (head.capacity() <= kKeptCapacity) head_ = std::move(head);
    if (body.capacity() <= kKeptCapacity) body_ = std::move(body);
    fields_ = std::move(fields);
    head_.clear();
    body_.clear();
    fields_.clear();
}

void Framer::release_body() {
    if (body_.capacity() > kKeptCapacity) body_ = std::string();
    body_.clear();
}

Framer::Field Framer::field(std::size_t index) const {
    const FieldSpan& span = fields_[index];
    return {view(span.name), view(span.value)};
}

Framer::Span Framer::span_of(std::string_view part) const {
    return {static_cast<std::uint32_t>(part.data() - head_.data()),
            static_cast<std::uint32_t>(part.size())};
}

Framer::Step Framer::refuse(int status, Refusal refusal, std::string_view detail) {
    state_ = State::refused;
    refused_ = {status, refusal, detail};
    return Step::refused;
}

Framer::Step Framer::feed(std::string_view in, std::size_t& used) {
    used = 0;
    if (state_ == State::refused) return Step::refused;
    if (state_ < State::decide) return feed_head(in, used);
    state_ = State::body;
    return feed_body(in, used);
}

Framer::Step Framer::feed_head(std::string_view in, std::size_t& used) {
    while (used < in.size()) {
        const char* begin = in.data() + used;
        const auto* end = static_cast<const char*>(std::memchr(begin, '\n', in.size() - used));
        if (end == nullptr) {
            head_.append(begin, in.size() - used);
            used = in.size();
            return check_unfinished_line();
        }
        const auto bytes = static_cast<std::size_t>(end - begin) + 1;
        head_.append(begin, bytes);
        used += bytes;
        const Step step = end_line();
        line_at_ = head_.size();
        if (step != Step::more) return step;
    }
    return Step::more;
}

// Refuses what its end could only make worse, by the same measure as end_line, so that the answer
// does not depend on where the input was cut.
Framer::Step Framer::check_unfinished_line() {
    const std::size_t bytes = head_.size() - line_at_;
    if (state_ == State::request_line) {
        if (bytes > limits_.uri_bytes + kRequestLineExtra + 1) {
            return refuse(414, Refusal::uri_too_long, "The request line is too long.");
        }
    } else if (bytes >= 2 && field_bytes_ + bytes + 1 > limits_.header_bytes) {
        return refuse(431, Refusal::headers_too_large, "The headers are too large.");
    }
    return Step::more;
}

Framer::Step Framer::end_line() {
    std::string_view line = std::string_view(head_).substr(line_at_);
    const std::size_t bytes = line.size();
    line.remove_suffix(1);
    const bool ends_well = !line.empty() && line.back() == '\r';
    if (ends_well) line.remove_suffix(1);

    if (state_ == State::request_line) {
        if (line.size() > limits_.uri_bytes + kRequestLineExtra) {
            return refuse(414, Refusal::uri_too_long, "The request line is too long.");
        }
        if (!ends_well) return malformed("A line does not end in CR LF.");
        if (line.empty() && !skipped_line_) {
            skipped_line_ = true;
            head_.clear();
            return Step::more;
        }
        return end_request_line(line);
    }
    if (bytes > 2 && field_bytes_ + bytes > limits_.header_bytes) {
        return refuse(431, Refusal::headers_too_large, "The headers are too large.");
    }
    if (!ends_well) return malformed("A line does not end in CR LF.");
    return line.empty() ? end_head() : end_field(line, bytes);
}

Framer::Step Framer::end_request_line(std::string_view line) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return malformed("The request line is not METHOD TARGET VERSION.");
    }
    const std::string_view method = line.substr(0, first);
    if (!is_token(method)) return malformed("The method is not a token.");
    if (const Step step = take_version(line.substr(last + 1)); step != Step::more) return step;
    const std::string_view target = line.substr(first + 1, last - first - 1);
    if (target.size() > limits_.uri_bytes) {
        return refuse(414, Refusal::uri_too_long, "The URI is too long.");
    }
    if (!is_target(target)) return malformed("The target has characters that no URI has.");
    if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
        return refuse(501, Refusal::not_implemented, "The method is not known here.");
    }
    method_ = span_of(method);
    state_ = State::fields;
    return take_target(target);
}

Framer::Step Framer::take_version(std::string_view version) {
    const bool well_formed = version.size() == 8 && version.substr(0, 5) == "HTTP/" &&
                             is_digits(version.substr(5, 1)) && version[6] == '.' &&
                             is_digits(version.substr(7, 1));
    if (!well_formed) return malformed("The version is not HTTP/digit.digit.");
    if (version[5] != '1' || version[7] > '1') {
        return refuse(505, Refusal::version, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    }
    http_1_0_ = version[7] == '0';
    return Step::more;
}

Framer::Step Framer::take_target(std::string_view target) {
    if (target.front() == '/' || (target == "*" && method() == "OPTIONS")) {
        target_ = span_of(target);
        return Step::more;
    }
    const auto scheme_end = target.find("://");
    const std::string_view scheme = target.substr(0, std::min(scheme_end, target.size()));
    if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) {
        return malformed("The target is neither a path nor an http URL.");
    }
    const std::string_view rest = target.substr(scheme_end + 3);
    const auto host_end = std::min(rest.find_first_of("/?"), rest.size());
    if (!is_host(rest.substr(0, host_end)) || rest.substr(host_end, 1) == "?") {
        return malformed("The target's host is not valid.");
    }
    target_ = span_of(rest.substr(host_end));
    return Step::more;
}

Framer::Step Framer::end_field(std::string_view line, std::size_t line_bytes) {
    if (fields_.size() >= limits_.headers) {
        return refuse(431, Refusal::headers_too_large, "There are too many headers.");
    }
    const auto field = parse_field_line(line);
    if (!field) return malformed("A header line is not valid.");
    field_bytes_ += line_bytes;
    const FieldSpan span{span_of(field->name), span_of(field->value)};
    char* name = head_.data() + span.name.at;
    std::transform(name, name + span.name.size, name, to_lower);
    fields_.push_back(span);
    return note_field(view(span.name), view(span.value));
}

Framer::Step Framer::note_field(std::string_view name, std::string_view value) {
    if (name == "host") {
        if (++hosts_ > 1) return malformed("Host stands twice.");
        if (!is_host(value)) return malformed("Host is not valid.");
    } else if (name == "content-length") {
        return note_length(value);
    } else if (name == "transfer-encoding") {
        if (++codings_ > 1) return malformed("Transfer-Encoding stands twice.");
        coding_is_chunked_ = equals_ignoring_case(value, "chunked");
    } else if (name == "connection") {
        if (list_contains(value, "close")) close_ = true;
    } else if (name == "expect") {
        const bool known = equals_ignoring_case(value, "100-continue");
        (known ? expects_continue_ : other_expectation_) = true;
    }
    return Step::more;
}

Framer::Step Framer::note_length(std::string_view value) {
    if (++lengths_ > 1) return malformed("Content-Length stands twice.");
    if (!is_digits(value) || value.size() > kLengthDigitsMax) {
        return malformed("Content-Length is not a number.");
    }
    for (const char c : value) declared_ = declared_ * 10 + static_cast<std::uint64_t>(c - '0');
    return Step::more;
}

Framer::Step Framer::end_head() {
    if (!http_1_0_ && hosts_ == 0) return malformed("Host is missing.");
    if (codings_ > 0) {
        if (lengths_ > 0) return malformed("Content-Length and Transfer-Encoding stand together.");
        if (http_1_0_) return malformed("HTTP/1.0 has no Transfer-Encoding.");
        if (!coding_is_chunked_) {
            return refuse(501, Refusal::not_implemented, "The transfer coding is not known here.");
        }
        body_kind_ = Body::chunked;
    } else if (lengths_ > 0) {
        body_kind_ = declared_ > 0 ? Body::length : Body::none;
    } else {
        lacks_length_ = carries_body(method());
    }
    if (http_1_0_) {
        expects_continue_ = false;
    } else if (other_expectation_) {
        return refuse(417, Refusal::expectation, "Only 100-continue can be expected.");
    }
    left_ = declared_;
    state_ = State::decide;
    return Step::head;
}

bool Framer::keep_body(std::size_t body_max) {
    body_max_ = body_max;
    if (lacks_length_) {
        refuse_without_length();
        return false;
    }
    if (body_kind_ != Body::length || declared_ <= body_max) return true;
    refuse(413, Refusal::body_too_large, "The body is larger than this URL takes.");
    return false;
}

Framer::Step Framer::feed_body(std::string_view in, std::size_t& used) {
    if (lacks_length_) return refuse_without_length();
    if (body_kind_ == Body::none) return Step::complete;
    if (body_kind_ == Body::length) {
        used = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
        if (!discard_) body_.append(in.substr(0, used));
        left_ -= used;
        return left_ == 0 ? Step::complete : Step::more;
    }
    switch (chunks_.feed(in, used, body_, body_max_)) {
        case ChunkedDecoder::Step::more:
            return Step::more;
        case ChunkedDecoder::Step::done:
            return Step::complete;
        case ChunkedDecoder::Step::malformed:
            return malformed("A chunk is not valid.");
        case ChunkedDecoder::Step::body_too_large:
            return refuse(413, Refusal::body_too_large, "The body is larger than this URL takes.");
        case ChunkedDecoder::Step::trailers_too_large:
            return refuse(431, Refusal::headers_too_large, "The trailers are too large.");
    }
    return malformed("A chunk is not valid.");
}

}  // namespace tapline::http
