#include "config/endpoints.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace tapline {

namespace {

constexpr std::size_t kUnixPathBytesMax = 107;  // sun_path less its final NUL

auto mend(std::string text) {
    return tl::unexpected(std::move(text));
}

std::optional<int> number_up_to(std::string_view digits, int most) {
    int value = 0;
    const char* end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, value);
    const bool good = result.ec == std::errc() && result.ptr == end && value >= 0 && value <= most;
    if (!good || digits.front() == '-') return std::nullopt;
    return value;
}

bool is_host_name(std::string_view host) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.';
    };
    return !host.empty() && host.size() <= 253 && host.front() != '-' && host.front() != '.' &&
           std::all_of(host.begin(), host.end(), allowed);
}

// 4, 6, or 0 when it is no address.
int address_family(std::string_view text) {
    const std::string address(text);
    in_addr four{};
    in6_addr six{};
    if (inet_pton(AF_INET, address.c_str(), &four) == 1) return 4;
    return inet_pton(AF_INET6, address.c_str(), &six) == 1 ? 6 : 0;
}

bool is_host(std::string_view host) {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) return address_family(host.substr(1, host.size() - 2)) == 6;
    return is_host_name(host);
}

}  // namespace

Parsed<std::string> parse_listen_address(std::string_view written) {
    constexpr std::string_view kUnix = "unix:";
    if (written.starts_with(kUnix)) {
        const std::string_view path = written.substr(kUnix.size());
        if (path.empty() || path.front() != '/') return mend("write the whole path: unix:/...");
        if (path.size() > kUnixPathBytesMax) return mend("the path is longer than 107 bytes");
        return std::string(written);
    }
    const std::size_t colon = written.rfind(':');
    if (colon == std::string_view::npos) return mend("the port is missing");
    if (!number_up_to(written.substr(colon + 1), 65'535)) return mend("the port is 0 to 65535");
    const std::string_view host = written.substr(0, colon);
    if (address_family(host) == 6) return mend("write [" + std::string(host) + "]");
    if (!is_host(host)) return mend("");
    return std::string(written);
}

Parsed<std::string> parse_public_url(std::string_view written) {
    std::string_view rest = written;
    if (rest.starts_with("https://")) {
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return mend("begin with https://");
    }
    if (!rest.empty() && rest.back() == '/') return mend("leave out the final \"/\"");
    if (rest.find_first_of("/?#") != std::string_view::npos) {
        return mend("end after the host or port: Tapline's URLs begin at the root");
    }
    const std::size_t colon = rest.rfind(':');
    const bool has_port = colon != std::string_view::npos && rest.back() != ']';
    if (has_port && !number_up_to(rest.substr(colon + 1), 65'535)) {
        return mend("the port is 0 to 65535");
    }
    if (!is_host(has_port ? rest.substr(0, colon) : rest)) return mend("");
    return std::string(written);
}

Parsed<std::string> parse_address_block(std::string_view written) {
    const std::size_t slash = written.find('/');
    const int family = address_family(written.substr(0, slash));
    if (family == 0) return mend("");
    if (slash == std::string_view::npos) return std::string(written);
    const int bits = family == 4 ? 32 : 128;
    if (!number_up_to(written.substr(slash + 1), bits)) {
        return mend("after the \"/\" stands 0 to " + std::to_string(bits));
    }
    return std::string(written);
}

Parsed<std::string> parse_redis_url(std::string_view written) {
    const bool known = written.starts_with("redis://") || written.starts_with("rediss://") ||
                       written.starts_with("unix:/");
    const bool has_rest = written.size() > written.find(':') + 3;
    if (!known || !has_rest)
        return mend("write embedded, redis://HOST, rediss://HOST or unix:/PATH");
    return std::string(written);
}

bool has_password(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return false;
    const std::string_view authority =
        url.substr(scheme + 3, url.find('/', scheme + 3) - scheme - 3);
    const std::size_t at = authority.rfind('@');
    return at != std::string_view::npos &&
           authority.substr(0, at).find(':') != std::string_view::npos;
}

}  // namespace tapline
