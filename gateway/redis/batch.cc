#include "gateway/redis/batch.h"

#include <cassert>

namespace tapline::redis {
namespace {

constexpr std::size_t kKeptBytes = 8u << 20;
constexpr std::size_t kKeptCommands = 4096;

// What stands between the number of words and the number of keys:
// $7 EVALSHA $40 <40 hex digits>, each with its line end.
constexpr std::size_t kShaBytes = 4 + 9 + 5 + 42;

}  // namespace

std::string_view Batch::bytes_of(std::size_t index) const {
    const std::size_t end = index + 1 < commands.size() ? commands[index + 1].begin : bytes.size();
    return std::string_view(bytes).substr(commands[index].begin, end - commands[index].begin);
}

void Batch::add(std::string_view encoded, Command command) {
    command.begin = bytes.size();
    bytes += encoded;
    commands.push_back(std::move(command));
}

void Batch::clear() {
    written = 0;
    answered = 0;
    bytes.clear();
    commands.clear();
    if (bytes.capacity() > kKeptBytes) bytes.shrink_to_fit();
    if (commands.capacity() > kKeptCommands) commands.shrink_to_fit();
}

void append_evalsha(std::string& out, const Script& script, std::span<const std::string_view> keys,
                    std::span<const std::string_view> args) {
    assert(script.sha1.size() == 40);
    append_command_header(out, 3 + keys.size() + args.size());
    append_word(out, "EVALSHA");
    append_word(out, script.sha1);
    append_word(out, std::to_string(keys.size()));
    for (const auto key : keys) append_word(out, key);
    for (const auto arg : args) append_word(out, arg);
}

void append_eval(std::string& out, std::string_view evalsha, std::string_view source) {
    const std::size_t header = evalsha.find('\n') + 1;
    out += evalsha.substr(0, header);
    append_word(out, "EVAL");
    append_word(out, source);
    out += evalsha.substr(header + kShaBytes);
}

}  // namespace tapline::redis
