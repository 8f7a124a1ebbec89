// A request that a test owns, alters and hands to an adapter.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/source.h"

namespace tapline::test {

inline const Time kNow{std::chrono::milliseconds(1755779283123)};
inline const std::string kBase = "https://hooks.acme.example";
inline const std::string kRandom = "00112233445566778899aabbccddeeff";

struct Request {
    std::string method = "POST";
    std::string connection_path = "/hooks/acme";
    std::string rest;
    std::string query;
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;

    // Valid while this request is unchanged.
    SourceRequest view() const {
        path_ = connection_path + rest;
        views_.clear();
        for (const auto& [name, value] : headers) views_.emplace_back(name, value);
        SourceRequest request;
        request.method = method;
        request.path = path_;
        request.rest = std::string_view(path_).substr(connection_path.size());
        request.query = query;
        request.body = body;
        request.public_base = kBase;
        request.headers = views_;
        return request;
    }
    std::string* header(std::string_view name) {
        for (auto& [key, value] : headers) {
            if (key == name) return &value;
        }
        return nullptr;
    }
    std::string url() const {
        return kBase + connection_path + rest + (query.empty() ? "" : "?" + query);
    }

  private:
    mutable std::string path_;
    mutable std::vector<std::pair<std::string_view, std::string_view>> views_;
};

inline std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

// Signs what `sample` says, for the URL that `request` has, and puts the result into it.
inline void sign(const Source& source, const SourceSecrets& secrets, Sample sample,
                 Request& request) {
    sample.url = request.url();
    if (sample.now == Time{}) sample.now = kNow;
    if (sample.random.empty()) sample.random = kRandom;
    const SignedRequest made = source.sign(sample, secrets);
    request.method = made.method;
    request.headers.clear();
    for (const auto& [name, value] : made.headers) request.headers.emplace_back(lower(name), value);
    request.body = made.body;
}

// A file of the shared samples beside the project, or nothing when they are not there.
inline std::optional<std::string> shared_sample(const std::string& name) {
    std::ifstream file(std::string(TAPLINE_SOURCE_DIR) + "/../shared/samples/" + name,
                       std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

inline std::string field(const Event& event, std::string_view name) {
    for (const auto& [key, value] : event.attribution) {
        if (key == name) return value;
    }
    return {};
}

}  // namespace tapline::test
