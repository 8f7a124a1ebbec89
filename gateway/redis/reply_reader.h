// Cuts the byte stream of a Redis connection into replies, however the bytes were cut by the net.
//
//     ReplyReader reader;
//     Result<void> ok = reader.consume(bytes, [](Reply reply) { ... });
//
// Bounded against a peer that is broken or is no Redis at all: a reply may have `reply_bytes` bytes
// and `items` values in all its arrays together, and arrays nest at most seven deep (hiredis' own
// limit). Memory is taken as bytes arrive, never by what a length announces. After an error the
// reader stays in error: the stream has no next message border, so the connection must go.
//
// One owner at a time; not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/redis/reply.h"
#include "routes/error.h"

namespace tapline::redis {

struct ReplyLimits {
    std::size_t reply_bytes = 64u << 20;
    std::size_t items = 1u << 20;
};

class ReplyReader {
  public:
    explicit ReplyReader(ReplyLimits limits = {});
    ReplyReader(ReplyReader&&) noexcept;
    ReplyReader& operator=(ReplyReader&&) noexcept;
    ReplyReader(const ReplyReader&) = delete;
    ReplyReader& operator=(const ReplyReader&) = delete;
    ~ReplyReader();

    // Hands every reply that `bytes` completes to `on_reply`, in order. corrupt: this is not RESP2,
    // or a limit is exceeded; the replies before the fault have been handed over.
    template <class OnReply>
    Result<void> consume(std::string_view bytes, OnReply&& on_reply) {
        while (!bytes.empty()) {
            const std::size_t piece = std::min(bytes.size(), kPiece);
            feed(bytes.substr(0, piece));
            bytes.remove_prefix(piece);
            while (true) {
                Result<std::optional<Reply>> reply = next();
                if (!reply) return tl::unexpected(reply.error());
                if (!*reply) break;
                on_reply(std::move(**reply));
            }
        }
        return {};
    }

  private:
    // hiredis moves what is left of its buffer after each reply, which is quadratic in the piece.
    static constexpr std::size_t kPiece = std::size_t{16} * 1024;

    void feed(std::string_view bytes);
    Result<std::optional<Reply>> next();

    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tapline::redis
