// What stands around one item of a request of several, so that the item alone is a request that the
// provider could have sent: what quarantine keeps, and `tapline send --file` sends again.
//
//     Frame entry = inside({}, "{\"object\":\"page\",\"entry\":[", "]}");
//     Frame list = inside(entry, "{" + member("id", id) + "\"messaging\":[", "]}");
//     framed(list, item)  // {"object":"page","entry":[{"id":"1","messaging":[{...}]}]}
//
// Pure; safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "adapters/json.h"

namespace tapline {

struct Frame {
    std::string before;
    std::string after;
};

Frame inside(const Frame& outer, std::string_view before, std::string_view after);

std::string framed(const Frame& frame, const json::Value& item);

// "\"NAME\":VALUE," or, where there is no value, nothing.
std::string member(std::string_view name, const json::MaybeValue& value);

// The same of what stands beside all items: each keeps a copy, so what is longer than 4 KiB (the
// people of a full batch, which tell names alone) is left out.
std::string short_member(std::string_view name, const json::MaybeValue& value);

}  // namespace tapline
