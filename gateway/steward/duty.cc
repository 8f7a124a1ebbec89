#include "gateway/steward/duty.h"

#include <charconv>
#include <cstddef>
#include <latch>
#include <memory>
#include <utility>

#include "gateway/redis/reply.h"

namespace tapline {

namespace {

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
}

Result<redis::Reply> told(Result<redis::Reply> reply) {
    if (reply && reply->is_error()) return fail(ErrorCode::corrupt, "Redis: " + reply->text);
    return reply;
}

// Each completion writes into its own place.
struct Answers {
    explicit Answers(std::size_t count)
        : replies(count), arrived(static_cast<std::ptrdiff_t>(count)) {}
    std::vector<Result<redis::Reply>> replies;
    std::latch arrived;
};

}  // namespace

Result<redis::Reply> ask(redis::Link& link, const std::vector<std::string>& words) {
    return told(link.call(redis::encode(views(words))));
}

Result<redis::Reply> run_script(redis::Link& link, const redis::Script& script,
                                const std::vector<std::string>& keys,
                                const std::vector<std::string>& args) {
    return told(link.call_script(script, views(keys), views(args)));
}

std::vector<Result<redis::Reply>> run_at_once(redis::Link& link, const redis::Script& script,
                                              const std::vector<ScriptCall>& calls) {
    const auto answers = std::make_shared<Answers>(calls.size());
    for (std::size_t i = 0; i < calls.size(); ++i) {
        link.submit_script(script, views(calls[i].keys), views(calls[i].args),
                           [answers, i](Result<redis::Reply> reply) {
                               answers->replies[i] = told(std::move(reply));
                               answers->arrived.count_down();
                           });
    }
    answers->arrived.wait();
    return std::move(answers->replies);
}

std::int64_t number_of(std::string_view text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

const redis::Reply* value_of(const redis::Reply& list, std::string_view name) {
    for (std::size_t i = 0; i + 1 < list.items.size(); i += 2) {
        if (list.items[i].text == name) return &list.items[i + 1];
    }
    return nullptr;
}

std::string text_of(const redis::Reply& list, std::string_view name) {
    const redis::Reply* found = value_of(list, name);
    return found == nullptr ? std::string() : found->text;
}

std::string_view queue_of(std::string_view lane) {
    return lane.substr(0, lane.find(':'));
}

}  // namespace tapline
