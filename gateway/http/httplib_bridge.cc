#include "gateway/http/httplib_bridge.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <httplib.h>

namespace tapline::http {
namespace {

// Newer versions refuse more than 100 headers; what is beyond comes from the framer alone.
constexpr std::size_t kPassedFields = 64;
constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kPrefix = 3;  // "00-"
// Newer versions refuse header lines above 8192 bytes.
constexpr std::size_t kPassedName = 1024;

std::size_t digit(char c) {
    const auto at = kDigits.find(c);
    return at == std::string_view::npos ? kDigits.size() : at;
}

// Reads from memory, and drops what is written. The functions that only some versions declare are
// not marked override, so that one source serves all.
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winconsistent-missing-override"
#endif
class MemoryStream final : public httplib::Stream {
  public:
    explicit MemoryStream(std::string_view input) : left_(input) {}

    // NOLINTBEGIN(modernize-use-override)
    virtual bool is_readable() const { return true; }
    virtual bool is_writable() const { return true; }
    virtual bool wait_readable() const { return true; }
    virtual bool wait_writable() const { return true; }
    virtual time_t duration() const { return 0; }
    // NOLINTEND(modernize-use-override)

    ssize_t read(char* to, size_t size) override {
        const std::size_t n = std::min(size, left_.size());
        std::memcpy(to, left_.data(), n);
        left_.remove_prefix(n);
        return static_cast<ssize_t>(n);
    }
    ssize_t write(const char* /*from*/, size_t size) override { return static_cast<ssize_t>(size); }
    void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
    void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
    socket_t socket() const override { return 0; }

  private:
    std::string_view left_;
};
#ifdef __clang__
#pragma clang diagnostic pop
#endif

}  // namespace

class HttplibBridge::Server final : public httplib::Server {
  public:
    Server() {
        set_pre_routing_handler(
            [this](const httplib::Request& request, httplib::Response& response) {
                response.status = 204;
                agreed_ = agrees(request);
                if (agreed_) (*handler_)();
                return HandlerResponse::Handled;
            });
    }

    bool run(const Framer& framer, std::vector<Header>& headers,
             const std::function<void()>& handler) {
        headers.resize(framer.field_count());
        for (std::size_t i = 0; i < headers.size(); ++i) {
            const Framer::Field field = framer.field(i);
            headers[i] = {field.name, field.value};
        }
        headers_ = &headers;
        handler_ = &handler;
        agreed_ = false;
        write_head();
        MemoryStream stream(head_);
        process(*this, stream);
        return agreed_;
    }

  private:
    void write_head() {
        head_ = "GET /x HTTP/1.1\r\nHost: x\r\n";
        passed_ = 0;
        const std::size_t most = std::min(headers_->size(), kPassedFields);
        for (std::size_t i = 0; i < most; ++i) {
            const std::string_view name = (*headers_)[i].name;
            if (name.size() > kPassedName) continue;
            head_ += kDigits[i / kDigits.size()];
            head_ += kDigits[i % kDigits.size()];
            head_.append("-").append(name).append(": 1\r\n");
            ++passed_;
        }
        head_ += "\r\n";
    }

    // Two parsers that see different requests are how requests are smuggled.
    bool agrees(const httplib::Request& request) const {
        std::size_t seen = 0;
        for (const auto& [key, one] : request.headers) {
            if (key.size() <= kPrefix || key[2] != '-') continue;
            const std::size_t at = digit(key[0]) * kDigits.size() + digit(key[1]);
            if (at >= headers_->size()) return false;
            if ((*headers_)[at].name != std::string_view(key).substr(kPrefix)) return false;
            ++seen;
        }
        return seen == passed_;
    }

    // The 4 arguments of 0.11 or the 8 of later versions, which also take the addresses.
    template <class Self>
    static void process(Self& self, httplib::Stream& stream) {
        bool closed = false;
        if constexpr (requires { self.process_request(stream, true, closed, nullptr); }) {
            self.process_request(stream, true, closed, nullptr);
        } else {
            self.process_request(stream, std::string(), 0, std::string(), 0, true, closed, nullptr);
        }
    }

    std::vector<Header>* headers_ = nullptr;
    const std::function<void()>* handler_ = nullptr;
    std::size_t passed_ = 0;
    bool agreed_ = false;
    std::string head_;
};

HttplibBridge::HttplibBridge() : server_(std::make_unique<Server>()) {}
HttplibBridge::~HttplibBridge() = default;

bool HttplibBridge::run(const Framer& framer, std::vector<Header>& headers,
                        const std::function<void()>& handler) {
    return server_->run(framer, headers, handler);
}

}  // namespace tapline::http
