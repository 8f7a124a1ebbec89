#include "gateway/intake/script_answer.h"

namespace tapline {

Result<redis::Reply> checked(Result<redis::Reply> reply) {
    if (!reply || !reply->is_error()) return reply;
    return fail(ErrorCode::unavailable, "accept: Redis answered " + reply->text.substr(0, 200));
}

Error odd_reply() {
    return Error{ErrorCode::corrupt, "accept: Redis answered something that is not of the script"};
}

std::optional<std::string_view> text_at(const redis::Reply& reply, std::size_t i) {
    if (reply.kind != redis::Reply::Kind::array || i >= reply.items.size()) return std::nullopt;
    if (reply.items[i].kind != redis::Reply::Kind::text) return std::nullopt;
    return reply.items[i].text;
}

}  // namespace tapline
