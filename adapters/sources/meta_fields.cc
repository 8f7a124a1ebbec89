#include "adapters/sources/meta_fields.h"

#include <algorithm>
#include <array>

#include "adapters/utf8.h"

namespace tapline::meta {
namespace {

constexpr std::size_t kRefBytesMax = 2083;
constexpr std::size_t kNameBytesMax = 128;
constexpr int kLevelsMax = 4;
constexpr std::string_view kClickId = "ctwa_clid";

bool is_left_out(std::string_view name, const std::initializer_list<std::string_view>& others) {
    return std::find(others.begin(), others.end(), name) != others.end();
}

struct Walk {
    Event& event;
    std::initializer_list<std::string_view> left_out;  // names of the first level

    void object(const json::Object& members, const std::string& prefix, int level) const {
        for (const auto& [key, value] : members) {
            if (event.attribution.size() >= kFieldsMax) return;
            if (level == 1 && is_left_out(key, left_out)) continue;
            any(value, prefix + std::string(key), level);
        }
    }
    void any(const json::Value& value, std::string name, int level) const {
        if (name.size() > kNameBytesMax) return;
        if (const auto inner = json::object_of(value)) {
            if (level < kLevelsMax) object(*inner, name + '.', level + 1);
            return;
        }
        const auto items = json::array_of(value);
        if (!items) return add_field(std::move(name), json::scalar_of(value), event);
        if (level < kLevelsMax) list(*items, name + '.', level + 1);
    }
    void list(const json::Array& items, const std::string& prefix, int level) const {
        std::size_t at = 0;
        for (const json::Value& item : items) {
            if (event.attribution.size() >= kFieldsMax) return;
            any(item, prefix + std::to_string(at++), level);
        }
    }
};

}  // namespace

void add_field(std::string name, std::string_view value, Event& event) {
    if (value.empty() || event.attribution.size() >= kFieldsMax) return;
    event.attribution.emplace_back(std::move(name), utf8_prefix(value, kFieldBytesMax));
}

void add_field(std::string name, const json::MaybeValue& value, Event& event) {
    if (value) add_field(std::move(name), json::scalar_of(*value), event);
}

void add_fields(const json::MaybeValue& value, const std::string& prefix, Event& event) {
    if (const auto object = json::object_of(value)) Walk{event, {}}.object(*object, prefix, 1);
    if (const auto items = json::array_of(value)) Walk{event, {}}.list(*items, prefix, 1);
}

void add_referral(const json::MaybeValue& referral, Event& event) {
    const auto object = json::object_of(referral);
    if (!object) return;
    // Two refs in one referral: neither is believed.
    const auto named = json::members(*referral, std::array<std::string_view, 2>{"ref", kClickId});
    if (named) {
        const std::string ref = json::id_of((*named)[0]);
        if (ref.size() <= kRefBytesMax) event.ref = ref;
        add_field(std::string(kClickId), json::id_of((*named)[1]), event);
    }
    Walk{event, {"ref", kClickId}}.object(*object, "referral.", 1);
}

}  // namespace tapline::meta
