// Decodes the chunked transfer coding (RFC 9112 section 7.1), strictly and in bounded memory. Pure.
//
//     ChunkedDecoder decoder;
//     std::size_t used = 0;
//     auto step = decoder.feed(in, used, body, body_max);   // again with the rest until done
//
// Sizes are 1 to 8 hex digits followed directly by CRLF or ";". Extensions are ignored and
// trailers are dropped unread by anyone, both checked and bounded: a trailer can never pass for a
// header. The result does not depend on how the input is cut into pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tapline::http {

class ChunkedDecoder {
  public:
    enum class Step { more, done, malformed, body_too_large, trailers_too_large };

    static constexpr std::size_t kExtensionBytesMax = 4096;  // of all chunks of one body
    static constexpr std::size_t kTrailerBytesMax = 8192;

    // Appends what it decodes to `body`, which never grows beyond `body_max`: a chunk that would
    // is refused when its size is known. `used` is how much of `in` belongs to this body.
    Step feed(std::string_view in, std::size_t& used, std::string& body, std::size_t body_max);

    void reset() { *this = ChunkedDecoder(); }

  private:
    enum class State : std::uint8_t {
        size,
        extension,
        size_end,
        data,
        data_cr,
        data_end,
        trailer,
    };

    Step take(char c, std::size_t body_bytes, std::size_t body_max);
    Step take_size(char c);
    Step take_size_end(char c, std::size_t body_bytes, std::size_t body_max);
    Step take_trailer(char c);

    State state_ = State::size;
    std::uint8_t digits_ = 0;
    std::uint64_t left_ = 0;  // of the chunk
    std::size_t extension_bytes_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::string line_;  // the trailer line so far
};

}  // namespace tapline::http
