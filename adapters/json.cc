#include "adapters/json.h"

#include <cmath>
#include <memory>

#include "adapters/json_writer.h"

namespace tapline::json {
namespace {

// A parser keeps about 15 bytes per byte of the longest text it has read, so after a rare big one
// the thread starts afresh.
constexpr std::size_t kKeptCapacityMax = 1u << 20;

struct ThreadParser {
    std::unique_ptr<simdjson::dom::parser> parser;

    simdjson::dom::parser* prepare(std::size_t bytes) {
        const bool oversized =
            parser && parser->capacity() > kKeptCapacityMax && bytes < kKeptCapacityMax;
        if (parser == nullptr || oversized) {
            parser = std::make_unique<simdjson::dom::parser>(kBytesMax);
            constexpr std::size_t kFirstCapacity = 16u << 10;
            if (parser->allocate(kFirstCapacity, kDepthMax) != simdjson::SUCCESS) return nullptr;
        }
        return parser.get();
    }
};

}  // namespace

Result<Value> parse(std::string_view text) {
    thread_local ThreadParser mine;
    if (text.empty()) return fail(ErrorCode::bad_request, "JSON: the body is empty");
    if (text.size() > kBytesMax) return fail(ErrorCode::bad_request, "JSON: more than 16 MiB");
    simdjson::dom::parser* parser = mine.prepare(text.size());
    if (parser == nullptr) return fail(ErrorCode::unavailable, "JSON: out of memory");
    Value root;
    const simdjson::error_code error = parser->parse(text.data(), text.size()).get(root);
    if (error != simdjson::SUCCESS) {
        return fail(ErrorCode::bad_request, std::string("JSON: ") + simdjson::error_message(error));
    }
    return root;
}

std::optional<std::string_view> text_of(const MaybeValue& value) {
    std::string_view text;
    if (!value || value->get(text) != simdjson::SUCCESS) return std::nullopt;
    return text;
}

std::string id_of(const MaybeValue& value) {
    if (!value) return {};
    switch (value->type()) {
        case simdjson::dom::element_type::STRING:
            return std::string(*text_of(value));
        case simdjson::dom::element_type::INT64:
            return std::to_string(std::int64_t(*value));
        case simdjson::dom::element_type::UINT64:
            return std::to_string(std::uint64_t(*value));
        default:
            return {};
    }
}

std::string scalar_of(const Value& value) {
    if (value.is_bool()) return bool(value) ? "true" : "false";
    if (value.type() == simdjson::dom::element_type::DOUBLE) return simdjson::minify(value);
    return id_of(value);
}

bool is_true(const MaybeValue& value) {
    bool truth = false;
    return value && value->get(truth) == simdjson::SUCCESS && truth;
}

std::optional<std::int64_t> integer_of(const MaybeValue& value) {
    if (!value) return std::nullopt;
    std::int64_t number = 0;
    if (value->get(number) == simdjson::SUCCESS) return number;
    constexpr double kExactMax = 9007199254740992;
    double real = 0;
    if (!value->is_double() || value->get(real) != simdjson::SUCCESS) return std::nullopt;
    if (std::abs(real) > kExactMax || std::trunc(real) != real) return std::nullopt;
    return static_cast<std::int64_t>(real);
}

std::optional<Array> array_of(const MaybeValue& value) {
    Array array;
    if (!value || value->get(array) != simdjson::SUCCESS) return std::nullopt;
    return array;
}

std::optional<Object> object_of(const MaybeValue& value) {
    Object object;
    if (!value || value->get(object) != simdjson::SUCCESS) return std::nullopt;
    return object;
}

std::string minified(const Value& value) {
    return simdjson::minify(value);
}

std::string describe(const Value& value) {
    switch (value.type()) {
        case simdjson::dom::element_type::STRING:
            return "a string of " + std::to_string(text_of(value)->size()) + " bytes";
        case simdjson::dom::element_type::ARRAY:
            return "an array";
        case simdjson::dom::element_type::OBJECT:
            return "an object";
        case simdjson::dom::element_type::BOOL:
            return "a boolean";
        case simdjson::dom::element_type::NULL_VALUE:
            return "null";
        default:
            return "a number";
    }
}

std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

}  // namespace tapline::json
