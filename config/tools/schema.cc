#include "config/tools/schema.h"

#include <algorithm>
#include <array>
#include <vector>

#include "adapters/json_writer.h"

namespace tapline {

namespace {

struct Scalar {
    std::string_view name;
    std::string_view schema;
};

// As editors read YAML: what is written bare may be a number or a truth.
constexpr std::array<Scalar, 19> kScalars = {{
    {"text", R"({"type":"string","minLength":1})"},
    {"name", R"({"type":"string","pattern":"^[a-z0-9][a-z0-9_.-]{0,63}$"})"},
    {"brand", R"({"type":"string","pattern":"^[a-z0-9][a-z0-9-]{0,31}$"})"},
    {"path", R"({"type":"string","minLength":1})"},
    {"version", R"({"const":1})"},
    {"truth", R"({"type":"boolean"})"},
    {"count", R"({"type":"integer","minimum":1,"maximum":1000000000})"},
    {"amount", R"({"type":"number","minimum":0})"},
    {"percent", R"({"type":"string","pattern":"^[0-9]+([.][0-9]+)?%$"})"},
    {"duration",
     R"({"type":"string","pattern":"^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$","minLength":2})"},
    {"size", R"({"type":["string","integer"],"pattern":"^[0-9]+([KMG]iB)?$"})"},
    {"date", R"({"type":"string","pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})"},
    {"time",
     R"({"type":"string","pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?$"})"},
    {"open", R"({"type":"string","minLength":1})"},
    {"interval", R"({"type":"string","pattern":"^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$"})"},
    {"phone", R"({"type":"string","pattern":"^[+][0-9]{7,15}$"})"},
    {"target", R"({"type":"string","pattern":"^([+][0-9]{7,15}|sip:[^@ ]+@[^@ ]+)$"})"},
    {"email", R"({"type":"string","pattern":"^[^@ ]+@[^@ ]+$"})"},
    {"currency", R"({"type":"string","pattern":"^[A-Z]{3}$"})"},
}};

constexpr std::string_view kChannels = R"({"enum":["call","text","email","dm","chat","post"]})";

std::vector<std::string_view> parts_of(std::string_view text, std::string_view separator) {
    std::vector<std::string_view> parts;
    int depth = 0;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '[' || text[at] == '{') ++depth;
        if (text[at] == ']' || text[at] == '}') --depth;
        if (depth > 0 || text.substr(at, separator.size()) != separator) continue;
        parts.push_back(text.substr(begin, at - begin));
        begin = at + separator.size();
    }
    parts.push_back(text.substr(begin));
    return parts;
}

std::string any_of(const std::vector<std::string>& schemas) {
    if (schemas.size() == 1) return schemas.front();
    std::string all = R"({"anyOf":[)";
    for (const std::string& one : schemas) all += (all.back() == '[' ? "" : ",") + one;
    return all + "]}";
}

// One alternative that is no list and no map: a word list, a reference or a scalar.
std::string single_schema(std::string_view type) {
    if (type.starts_with('@')) return R"({"$ref":"#/$defs/)" + std::string(type.substr(1)) + "\"}";
    if (type == "null") return R"({"type":"null"})";
    if (type == "channel") return std::string(kChannels);
    if (type.starts_with('=')) {
        JsonWriter words;
        words.open('{').key("enum").open('[');
        for (const std::string_view word : parts_of(type.substr(1), ",")) words.value(word);
        words.close(']').close('}');
        return words.take();
    }
    const auto scalar = std::find_if(kScalars.begin(), kScalars.end(),
                                     [type](const Scalar& one) { return one.name == type; });
    return scalar == kScalars.end() ? "{}" : std::string(scalar->schema);
}

// What may stand in a list or map: alternatives of single ones. Deeper lists are not in the
// language.
std::string inner_schema(std::string_view type) {
    std::vector<std::string> schemas;
    for (const std::string_view part : parts_of(type, " / "))
        schemas.push_back(single_schema(part));
    return any_of(schemas);
}

std::string schema_of(std::string_view type) {
    std::vector<std::string> schemas;
    for (std::string_view part : parts_of(type, " / ")) {
        if (part.starts_with('[')) {
            schemas.push_back(R"({"type":"array","items":)" +
                              inner_schema(part.substr(1, part.size() - 2)) + "}");
        } else if (part.starts_with('{')) {
            schemas.push_back(R"({"type":"object","additionalProperties":)" +
                              inner_schema(part.substr(1, part.size() - 2)) + "}");
        } else if (part.ends_with('*')) {
            const std::string one = single_schema(part.substr(0, part.size() - 1));
            schemas.push_back(one);
            schemas.push_back(R"({"type":"array","minItems":1,"items":)" + one + "}");
        } else {
            schemas.push_back(single_schema(part));
        }
    }
    return any_of(schemas);
}

// The schema of the key with its description.
std::string described(const SchemaKey& key) {
    std::string schema = R"({"description":)";
    append_json_string(schema, key.about);
    const std::string rest = schema_of(key.type);
    return schema + (rest == "{}" ? "}" : "," + rest.substr(1));
}

void write_map(JsonWriter& json, std::span<const SchemaKey> keys, std::string_view object) {
    json.key("type").value("object").key("additionalProperties").raw("false");
    for (const bool patterns : {false, true}) {
        json.key(patterns ? "patternProperties" : "properties").open('{');
        for (const SchemaKey& key : keys) {
            if (key.object != object || key.key.starts_with('~') != patterns) continue;
            const std::string_view name = patterns ? key.key.substr(1)
                                          : key.key.ends_with('!')
                                              ? key.key.substr(0, key.key.size() - 1)
                                              : key.key;
            json.any_key(name).raw(described(key));
        }
        json.close('}');
    }
    json.key("required").open('[');
    for (const SchemaKey& key : keys) {
        const bool needed = key.object == object && key.key.ends_with('!');
        if (needed) json.value(key.key.substr(0, key.key.size() - 1));
    }
    json.close(']');
}

std::string schema_from(std::span<const SchemaKey> keys, std::string_view top,
                        std::string_view title) {
    std::vector<std::string_view> objects;
    for (const SchemaKey& key : keys) {
        const bool known = std::find(objects.begin(), objects.end(), key.object) != objects.end();
        if (!known && key.object != top) objects.push_back(key.object);
    }
    JsonWriter json(std::size_t{64} * 1024);
    json.open('{').key("$schema").value("https://json-schema.org/draft/2020-12/schema");
    json.key("title").value(title);
    write_map(json, keys, top);
    json.key("$defs").open('{');
    for (const std::string_view object : objects) {
        json.key(object).open('{');
        write_map(json, keys, object);
        json.close('}');
    }
    json.close('}').close('}');
    return json.take();
}

}  // namespace

std::string brand_schema() {
    return schema_from(brand_schema_keys(), "brand", "A brand of Tapline");
}

std::string gateway_schema() {
    return schema_from(gateway_schema_keys(), "gateway", "tapline.yaml");
}

}  // namespace tapline
