// Finds the bounds of one HTTP/1.1 request in a stream of bytes, strictly. Pure: no I/O, no clock.
//
//     Framer framer(limits);
//     for (;;) {
//         std::size_t used = 0;
//         auto step = framer.feed(in, used);
//         in.remove_prefix(used);
//         if (step == Framer::Step::head) framer.keep_body(body_max);   // then feed again
//         ...
//     }
//
// The result does not depend on how the input is cut into pieces. What is refused, and how, by
// RFC 9112 with every "MAY" read the narrow way:
//   400  bare CR or LF, control characters, folded headers, a space before the colon, no Host or
//        two, two Content-Lengths (even equal), a Content-Length that is not only digits, two
//        Transfer-Encodings, both together, Transfer-Encoding in HTTP/1.0, a bad chunk
//   411  POST, PUT or PATCH with neither Content-Length nor Transfer-Encoding: after the head step,
//        so that a URL that does not exist is told first; such a request never completes
//   414, 431  beyond the limits      413  beyond what keep_body allows
//   417  an Expect other than "100-continue"
//   501  a method other than GET HEAD POST PUT PATCH DELETE OPTIONS; a transfer coding other than
//        exactly "chunked"
//   505  a version other than 1.0 and 1.1
// One empty line before a request is skipped. A target in absolute form ("http://host/path") is
// taken by its path; "*" is for OPTIONS only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/chunked.h"
#include "gateway/http/refusal.h"

namespace tapline::http {

struct FramerLimits {
    std::size_t uri_bytes = 8U << 10;
    std::size_t headers = 100;
    std::size_t header_bytes = 16U << 10;
};

class Framer {
  public:
    enum class Step {
        more,      // all input used, the request is not complete
        head,      // the head is complete: call keep_body or discard_body, then feed again
        complete,  // the request is complete; unused input belongs to the next one
        refused    // see refused(); nothing more can be read from this connection
    };
    enum class Body : std::uint8_t { none, length, chunked };

    struct Refused {
        int status = 0;
        Refusal refusal = Refusal::malformed;
        std::string_view detail;
    };
    struct Field {
        std::string_view name;  // lower case
        std::string_view value;
    };

    Framer() = default;
    explicit Framer(const FramerLimits& limits) : limits_(limits) {}

    // `used` is how much of `in` belongs to this request. At the end of the input `in` may be
    // empty.
    Step feed(std::string_view in, std::size_t& used);

    // Says how large the body may become; false (and refused) when its length is known to be larger
    // (413) or should be known and is not (411). REQUIRES: the last step was head.
    bool keep_body(std::size_t body_max);
    // Reads the body without keeping it. REQUIRES: the last step was head, body() is not chunked.
    void discard_body() { discard_ = true; }

    // Ready for the next request. Keeps small buffers, gives back large ones.
    void reset(const FramerLimits& limits);
    // Gives the memory of the body back.
    void release_body();

    // Valid from the head step on, until reset.
    std::string_view method() const { return view(method_); }
    std::string_view target() const { return target_.size == 0 ? "/" : view(target_); }
    std::size_t field_count() const { return fields_.size(); }
    Field field(std::size_t index) const;
    bool http_1_0() const { return http_1_0_; }
    // The client asked for the connection to end, or speaks HTTP/1.0.
    bool wants_close() const { return close_ || http_1_0_; }
    bool expects_continue() const { return expects_continue_; }
    Body body_kind() const { return body_kind_; }
    // Where its body ends nobody knows: the connection can only be closed behind the answer.
    bool lacks_length() const { return lacks_length_; }
    std::uint64_t declared_length() const { return declared_; }  // of kind length
    std::string_view body() const { return body_; }
    // Bytes of the head that are kept, also of an unfinished one.
    std::size_t head_bytes() const { return head_.size(); }
    // Bytes of the body that have come, kept or not.
    std::uint64_t body_received() const {
        return body_kind_ == Body::length ? declared_ - left_ : body_.size();
    }

    bool head_complete() const { return state_ >= State::decide; }
    const Refused& refused() const { return refused_; }

  private:
    enum class State : std::uint8_t { request_line, fields, decide, body, refused };
    struct Span {
        std::uint32_t at = 0;
        std::uint32_t size = 0;
    };
    struct FieldSpan {
        Span name;
        Span value;
    };

    std::string_view view(Span span) const {
        return std::string_view(head_).substr(span.at, span.size);
    }
    Span span_of(std::string_view part) const;
    Step refuse(int status, Refusal refusal, std::string_view detail);
    Step malformed(std::string_view detail) { return refuse(400, Refusal::malformed, detail); }
    Step refuse_without_length() {
        return refuse(411, Refusal::length_required, "Content-Length is missing.");
    }
    Step feed_head(std::string_view in, std::size_t& used);
    Step feed_body(std::string_view in, std::size_t& used);
    Step check_unfinished_line();
    Step end_line();
    Step end_request_line(std::string_view line);
    Step take_version(std::string_view version);
    Step take_target(std::string_view target);
    Step end_field(std::string_view line, std::size_t line_bytes);
    Step note_field(std::string_view name, std::string_view value);
    Step note_length(std::string_view value);
    Step end_head();

    FramerLimits limits_;
    State state_ = State::request_line;
    Body body_kind_ = Body::none;
    bool skipped_line_ = false;
    bool http_1_0_ = false;
    bool close_ = false;
    bool expects_continue_ = false;
    bool discard_ = false;
    std::uint8_t hosts_ = 0;
    std::uint8_t lengths_ = 0;
    std::uint8_t codings_ = 0;
    bool coding_is_chunked_ = false;
    bool other_expectation_ = false;
    bool lacks_length_ = false;
    std::uint64_t declared_ = 0;
    std::uint64_t left_ = 0;
    std::size_t body_max_ = 0;
    std::size_t line_at_ = 0;      // where the unfinished line begins in head_
    std::size_t field_bytes_ = 0;  // of finished header lines
    Span method_;
    Span target_;
    std::string head_;
    std::vector<FieldSpan> fields_;
    std::string body_;
    ChunkedDecoder chunks_;
    Refused refused_;
};

}  // namespace tapline::http
