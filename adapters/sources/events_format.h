// What the body of POST /v1/{brand}/events is, by its Content-Type: decided here alone, so that the
// answer has the shape of what was read.
//
//     switch (events_shape(request.header("content-type"))) { case BodyShape::lines: ... }
//
// Pure; safe from any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "adapters/source.h"

namespace tapline {

enum class BodyShape {
    single,  // one event, and one verdict in the answer
    list,    // application/cloudevents-batch+json: a JSON list, and a list of verdicts
    lines,   // application/x-ndjson or application/ndjson: one event and one verdict a line
};

// The most lines or list elements of one request, blank lines counted. More are refused as a whole
// before any is read: 16 MiB of "1\n" would be eight million mistakes to write down.
inline constexpr std::size_t kEventsMax = 20'000;

// By the media type alone: case and parameters do not matter, and a type that only resembles one of
// these ("text/x-ndjson-like") is `single`.
inline BodyShape events_shape(std::string_view content_type) {
    const std::string type = media_type(content_type);
    if (type == "application/x-ndjson" || type == "application/ndjson") return BodyShape::lines;
    if (type == "application/cloudevents-batch+json") return BodyShape::list;
    return BodyShape::single;
}

}  // namespace tapline
