// The reply reader: any bytes end in replies or in one error, and where the net cuts them makes no
// difference.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "gateway/redis/reply_reader.h"

namespace {

using tapline::redis::Reply;

void print(const Reply& reply, std::string& out) {
    out += std::to_string(static_cast<int>(reply.kind)) + ":" + std::to_string(reply.integer) +
           ":" + std::to_string(reply.text.size()) + ":" + reply.text + "[";
    for (const Reply& item : reply.items) print(item, out);
    out += "]";
}

std::string read_all(std::string_view bytes, std::size_t piece) {
    tapline::redis::ReplyReader reader({.reply_bytes = 1u << 20, .items = 4096});
    std::string out;
    while (!bytes.empty()) {
        const auto part = bytes.substr(0, piece);
        bytes.remove_prefix(part.size());
        if (!reader.consume(part, [&](Reply reply) { print(reply, out); })) return out + "corrupt";
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = std::max<std::size_t>(data[0], 1);
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    if (read_all(bytes, bytes.size() + 1) != read_all(bytes, piece)) std::abort();
    return 0;
}
