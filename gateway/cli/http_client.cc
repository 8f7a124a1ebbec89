#include "gateway/cli/http_client.h"

#include <algorithm>
#include <cctype>
#include <curl/curl.h>
#include <memory>
#include <utility>

namespace tapline {

namespace {

constexpr std::string_view kDurabilityHeader = "x-durability:";

struct CurlDeleter {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Body {
    std::size_t bytes_max;
    std::string text = {};
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* to) {
    auto* body = static_cast<Body*>(to);
    if (size * count > body->bytes_max - body->text.size()) return 0;  // curl ends the call
    body->text.append(data, size * count);
    return size * count;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* to) {
    const std::string_view line(data, size * count);
    std::string name(line.substr(0, kDurabilityHeader.size()));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (name == kDurabilityHeader) {
        std::string_view value = line.substr(kDurabilityHeader.size());
        while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) {
            value.remove_suffix(1);
        }
        static_cast<HttpAnswer*>(to)->durability = value;
    }
    return size * count;
}

void set_addresses(CURL* curl, const HttpCall& call, curl_slist* connect_to) {
    if (!call.unix_path.empty()) {
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, call.unix_path.c_str());
    }
    if (connect_to != nullptr) curl_easy_setopt(curl, CURLOPT_CONNECT_TO, connect_to);
    // A local gateway is never reached through somebody's proxy.
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (!call.trusted_certificate.empty()) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, call.trusted_certificate.c_str());
        curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!call.verify_certificate) {
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

}  // namespace

Result<HttpAnswer> http_call(const HttpCall& call) {
    const std::unique_ptr<CURL, CurlDeleter> curl(curl_easy_init());
    if (!curl) return fail(ErrorCode::unavailable, "http: libcurl could not be started");
    curl_slist* list = nullptr;
    for (const auto& [name, value] : call.headers) {
        std::string line = name;
        line.append(": ").append(value);
        list = curl_slist_append(list, line.c_str());
    }
    // curl would ask for 100 Continue on a larger body; no provider does.
    list = curl_slist_append(list, "Expect:");
    const std::unique_ptr<curl_slist, CurlDeleter> headers(list);
    const std::unique_ptr<curl_slist, CurlDeleter> connect_to(
        call.connect_to.empty() ? nullptr
                                : curl_slist_append(nullptr, ("::" + call.connect_to).c_str()));

    HttpAnswer answer;
    Body body{call.answer_bytes_max};
    curl_easy_setopt(curl.get(), CURLOPT_URL, call.url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, call.method.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, call.deadline_seconds);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &answer);
    if (call.method != "GET") {
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(call.body.size()));
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, call.body.data());
    }
    set_addresses(curl.get(), call, connect_to.get());
    const CURLcode code = curl_easy_perform(curl.get());
    if (code == CURLE_WRITE_ERROR) {
        return fail(ErrorCode::unavailable, "http: the answer of " + call.url + " is larger than " +
                                                std::to_string(call.answer_bytes_max) + " bytes");
    }
    if (code != CURLE_OK) {
        return fail(ErrorCode::unavailable,
                    "http: no answer from " + call.url + ": " + curl_easy_strerror(code));
    }
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    answer.body = std::move(body.text);
    return answer;
}

}  // namespace tapline
