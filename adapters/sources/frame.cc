#include "adapters/sources/frame.h"

namespace tapline {
namespace {

constexpr std::size_t kShortBytesMax = 4096;

}  // namespace

Frame inside(const Frame& outer, std::string_view before, std::string_view after) {
    return {outer.before + std::string(before), std::string(after) + outer.after};
}

std::string framed(const Frame& frame, const json::Value& item) {
    return frame.before + json::minified(item) + frame.after;
}

std::string member(std::string_view name, const json::MaybeValue& value) {
    if (!value) return {};
    std::string text = json::quoted(name);
    text.append(":").append(json::minified(*value)).append(",");
    return text;
}

std::string short_member(std::string_view name, const json::MaybeValue& value) {
    std::string text = member(name, value);
    return text.size() <= kShortBytesMax ? text : std::string();
}

}  // namespace tapline
