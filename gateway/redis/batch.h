// Commands that leave in one write, and what is needed to finish them.
//
// The encoded bytes stay until the last reply of the batch, so that a script call that Redis does
// not know can be repeated as EVAL without its caller.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/redis/link.h"
#include "gateway/redis/patience.h"

namespace tapline::redis {

struct Command {
    Link::Completion done;
    Monotonic::time_point submitted;
    std::string_view source;  // of the script; empty: no script call, or already repeated
    std::size_t begin = 0;    // in the bytes of its batch
};

struct Batch {
    std::string bytes;
    std::vector<Command> commands;
    std::size_t written = 0;   // bytes
    std::size_t answered = 0;  // commands

    bool empty() const { return commands.empty(); }
    bool done() const { return answered == commands.size(); }
    std::string_view unwritten() const { return std::string_view(bytes).substr(written); }
    std::string_view bytes_of(std::size_t index) const;
    void add(std::string_view encoded, Command command);
    // Empty again, with its memory kept for the next use unless it has become large.
    void clear();
};

// What a command is counted with against LinkOptions::queue_bytes_max: its bytes and its record.
inline std::size_t held_bytes(std::string_view encoded) {
    return encoded.size() + sizeof(Command) + 64;
}

void append_evalsha(std::string& out, const Script& script, std::span<const std::string_view> keys,
                    std::span<const std::string_view> args);
// The EVAL of `source` with the keys and arguments of `evalsha`.
// REQUIRES: `evalsha` was made by append_evalsha.
void append_eval(std::string& out, std::string_view evalsha, std::string_view source);

}  // namespace tapline::redis
