#include "gateway/http/url_table.h"

#include <algorithm>
#include <utility>

namespace tapline::http {
namespace {

bool is_name_pattern(std::string_view segment) {
    return segment.starts_with('{');
}

bool is_name(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    };
    return !text.empty() && text != "." && text != ".." &&
           std::all_of(text.begin(), text.end(), allowed);
}

// Takes "/segment" off the front; false when there is none.
bool next_segment(std::string_view& path, std::string_view& segment) {
    if (!path.starts_with('/')) return false;
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    segment = path.substr(0, end);
    path.remove_prefix(end);
    return true;
}

bool matches(const std::vector<std::string>& segments, bool rest, std::string_view path) {
    std::string_view segment;
    for (const std::string& wanted : segments) {
        if (!next_segment(path, segment)) return false;
        if (is_name_pattern(wanted) ? !is_name(segment) : segment != wanted) return false;
    }
    return path.empty() || rest;
}

// Whether a pattern is more literal than another that matches the same path.
bool more_literal(const std::vector<std::string>& left, const std::vector<std::string>& right) {
    const std::size_t common = std::min(left.size(), right.size());
    for (std::size_t i = 0; i < common; ++i) {
        const bool left_is_name = is_name_pattern(left[i]);
        if (left_is_name != is_name_pattern(right[i])) return !left_is_name;
    }
    return left.size() > right.size();
}

bool serves(std::string_view endpoint_method, std::string_view method) {
    return endpoint_method == method || (endpoint_method == "GET" && method == "HEAD");
}

}  // namespace

void UrlTable::add(Endpoint endpoint) {
    Entry entry;
    std::string_view pattern = endpoint.pattern;
    if (pattern.ends_with("/...")) {
        entry.rest = true;
        pattern.remove_suffix(4);
    }
    std::string_view segment;
    while (next_segment(pattern, segment)) entry.segments.emplace_back(segment);
    entry.endpoint = std::move(endpoint);
    entries_.push_back(std::move(entry));
}

UrlTable::Match UrlTable::find(std::string_view method, std::string_view path) const {
    Match match;
    find(method, path, match);
    return match;
}

void UrlTable::find(std::string_view method, std::string_view path, Match& match) const {
    match.endpoint = nullptr;
    match.captures.clear();
    match.path_known = false;
    match.allow.clear();
    const Entry* best = nullptr;
    for (const Entry& entry : entries_) {
        if (!matches(entry.segments, entry.rest, path)) continue;
        match.path_known = true;
        if (!serves(entry.endpoint.method, method)) continue;
        if (best == nullptr || more_literal(entry.segments, best->segments)) best = &entry;
    }
    if (best == nullptr) {
        if (match.path_known) match.allow = allowed_methods(path);
        return;
    }
    match.endpoint = &best->endpoint;
    std::string_view segment;
    for (const std::string& wanted : best->segments) {
        next_segment(path, segment);
        if (is_name_pattern(wanted)) match.captures.push_back(segment);
    }
}

std::string UrlTable::allowed_methods(std::string_view path) const {
    std::vector<std::string_view> methods;
    for (const Entry& entry : entries_) {
        if (!matches(entry.segments, entry.rest, path)) continue;
        methods.push_back(entry.endpoint.method);
        if (entry.endpoint.method == "GET") methods.emplace_back("HEAD");
    }
    std::sort(methods.begin(), methods.end());
    methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
    std::string allow;
    for (const std::string_view method : methods) {
        if (!allow.empty()) allow += ", ";
        allow += method;
    }
    return allow;
}

}  // namespace tapline::http
