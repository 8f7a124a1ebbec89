// The framer must see the same requests however the input is cut into pieces.
//
// The first byte of the input seeds the cutting, the rest is a stream of pipelined requests. What
// is framed in one piece, in pieces of one byte and in pieces of pseudo-random sizes must agree,
// and every request that is accepted must keep the rules that handlers rely on.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "gateway/http/framer.h"

namespace {

using tapline::http::Framer;

constexpr std::size_t kBodyMax = 1000;

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "framing: %s\n", what);
    std::abort();
}

void check_rules(const Framer& framer) {
    require(framer.body().size() <= kBodyMax, "a body is larger than allowed");
    require(!framer.target().empty(), "a target is empty");
    int hosts = 0;
    int lengths = 0;
    int codings = 0;
    for (std::size_t i = 0; i < framer.field_count(); ++i) {
        const auto [name, value] = framer.field(i);
        require(!name.empty(), "a header has no name");
        require(name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ: \t\r\n") == name.npos,
                "a header name is not lower case");
        require(value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos,
                "a header value has a line end");
        hosts += name == "host" ? 1 : 0;
        lengths += name == "content-length" ? 1 : 0;
        codings += name == "transfer-encoding" ? 1 : 0;
    }
    require(hosts == 1 || (framer.http_1_0() && hosts == 0), "not one Host");
    require(lengths + codings <= 1, "more than one length");
    if (lengths == 1) require(framer.body().size() == framer.declared_length(), "a body is cut");
    if (lengths + codings == 0) require(framer.body().empty(), "a body came from nowhere");
}

std::string describe(const Framer& framer) {
    std::string text = std::string(framer.method()) + " " + std::string(framer.target());
    for (std::size_t i = 0; i < framer.field_count(); ++i) {
        text.append("|").append(framer.field(i).name).append("=").append(framer.field(i).value);
    }
    return text.append("|").append(framer.body()).append("\n");
}

// All requests of the input, then the refusal if there was one.
std::string frame(std::string_view in, const std::function<std::size_t()>& next_piece) {
    const tapline::http::FramerLimits limits{200, 8, 400};
    std::string seen;
    Framer framer(limits);
    while (!in.empty()) {
        std::string_view piece = in.substr(0, std::min(next_piece(), in.size()));
        in.remove_prefix(piece.size());
        bool again = false;
        while (!piece.empty() || again) {
            std::size_t used = 0;
            auto step = framer.feed(piece, used);
            require(used <= piece.size(), "more was used than given");
            piece.remove_prefix(used);
            again = step == Framer::Step::head;
            if (again) framer.keep_body(kBodyMax);
            if (step == Framer::Step::refused) {
                return seen + "refused " + std::to_string(framer.refused().status);
            }
            if (step == Framer::Step::complete) {
                check_rules(framer);
                seen += describe(framer);
                framer.reset(limits);
            }
        }
    }
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view in(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::uint32_t state = data[0] + 1U;
    const std::string whole = frame(in, [&in] { return in.size(); });
    const std::string bytes = frame(in, [] { return std::size_t{1}; });
    const std::string pieces = frame(in, [&state] {
        state = state * 1664525U + 1013904223U;
        return std::size_t{1} + (state >> 24) % 23;
    });
    require(whole == bytes, "byte by byte differs from one piece");
    require(whole == pieces, "pieces differ from one piece");
    return 0;
}
