#include "adapters/sources/instagram_referral.h"

#include "adapters/utf8.h"

namespace tapline {
namespace {

constexpr std::size_t kRefBytesMax = 2083;
constexpr std::size_t kFieldsMax = 24;
constexpr std::size_t kValueBytesMax = 2048;

void add_scalars(const json::Object& object, const std::string& prefix, Event& event) {
    for (const auto& [key, value] : object) {
        if (event.attribution.size() >= kFieldsMax) return;
        const std::string scalar = json::scalar_of(value);
        if (scalar.empty() || key.size() > 64) continue;
        event.attribution.emplace_back(prefix + std::string(key),
                                       utf8_prefix(scalar, kValueBytesMax));
    }
}

}  // namespace

void add_referral(const json::MaybeValue& referral, Event& event) {
    const auto object = json::object_of(referral);
    if (!object) return;
    const auto named = json::members(*referral, std::array<std::string_view, 1>{"ref"});
    // Two refs in one referral: neither is believed.
    const std::string ref = named ? json::id_of((*named)[0]) : std::string();
    if (ref.size() <= kRefBytesMax) event.ref = ref;
    for (const auto& [key, value] : *object) {
        if (event.attribution.size() >= kFieldsMax) return;
        if (key == "ref" || key.size() > 64) continue;
        if (const auto inner = json::object_of(value)) {
            add_scalars(*inner, "referral." + std::string(key) + '.', event);
            continue;
        }
        const std::string scalar = json::scalar_of(value);
        if (scalar.empty()) continue;
        event.attribution.emplace_back("referral." + std::string(key),
                                       utf8_prefix(scalar, kValueBytesMax));
    }
}

}  // namespace tapline
