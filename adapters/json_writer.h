// Writes JSON by appending to one string: what the hot path needs, and no more.
//
//     JsonWriter json;
//     json.open('{').key("text").value(text).key("parts").open('[').close(']').close('}');
//     json.str();   // {"text":"...","parts":[]}
//
// Strings are escaped; bytes that are not valid UTF-8 become U+FFFD, so the output is always valid.
// Commas are set by the writer; matching brackets and keys are the caller's duty. Not thread-safe.
// Building the same entry with nlohmann::json costs several times more (docs/decisions).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tapline {

class JsonWriter {
  public:
    explicit JsonWriter(std::size_t reserve = 512) { text_.reserve(reserve); }

    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    JsonWriter& key(std::string_view name);      // REQUIRES: needs no escaping
    JsonWriter& any_key(std::string_view name);  // escapes
    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(std::int64_t number);
    JsonWriter& value(bool truth) = delete;
    JsonWriter& null();
    // Appends text that is JSON already.
    JsonWriter& raw(std::string_view json);

    const std::string& str() const { return text_; }
    std::string take() { return std::move(text_); }

  private:
    void comma();
    std::string text_;
    bool first_ = true;
};

// Appends `text` as a JSON string with quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tapline
