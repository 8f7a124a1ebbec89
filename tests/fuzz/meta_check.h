// What holds for every body that a reader of the Meta family is given: reading it ends, gives the
// same answer twice, gives each event an id, and each contact somebody or something to answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/sources/registry.h"

namespace tapline::fuzz {

inline void require(bool holds) {
    if (!holds) std::abort();
}

inline void check_event(const Event& event) {
    require(!event.event_id.empty() && !event.type.empty());
    require(event.attribution.size() <= 80 && event.attachments.size() <= 40);
    if (event.kind == EventKind::recorded) return;
    require(!event.customer.platform_id.empty() || event.channel == Channel::post);
    require(event.type == (event.channel == Channel::post ? "contact.post" : "contact.dm"));
    require(!event.reply_before || *event.reply_before > event.occurred_at);
}

inline void check_body(std::string_view provider, const std::uint8_t* data, std::size_t size) {
    const Source& source = *find_source(provider);
    const Time now{std::chrono::milliseconds(1755779283123)};
    SourceSecrets secrets;
    secrets.secrets = {"secret"};
    SourceRequest request;
    request.method = "POST";
    request.body = {reinterpret_cast<const char*>(data), size};
    const auto first = source.parse(request, secrets, now);
    const auto second = source.parse(request, secrets, now);
    require(first.has_value() == second.has_value());
    if (!first) return;
    require(first->size() == second->size());
    for (std::size_t i = 0; i < first->size(); ++i) {
        const auto& one = (*first)[i].event;
        const auto& other = (*second)[i].event;
        require(one.has_value() == other.has_value());
        if (!one) continue;
        require(one->event_id == other->event_id);
        check_event(*one);
    }
}

}  // namespace tapline::fuzz
