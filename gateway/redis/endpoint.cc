#include "gateway/redis/endpoint.h"

#include <charconv>
#include <optional>

namespace tapline::redis {
namespace {

constexpr int kDatabaseMost = 65'535;
// sockaddr_un.sun_path without its closing zero.
constexpr std::size_t kUnixPathMost = 107;

tl::unexpected<Error> wrong(const std::string& what) {
    return fail(ErrorCode::bad_config, "redis URL: " + what);
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

std::optional<int> number(std::string_view text, int least, int most) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (value < least || value > most) return std::nullopt;
    return value;
}

// Cuts `text` at the first `mark` and returns what follows it; empty when there is none.
std::string_view cut(std::string_view& text, char mark) {
    const auto at = text.find(mark);
    if (at == std::string_view::npos) return {};
    const auto rest = text.substr(at + 1);
    text = text.substr(0, at);
    return rest;
}

Result<void> set_credentials(Endpoint& endpoint, std::string_view user, std::string_view password) {
    const auto decoded_user = percent_decode(user);
    const auto decoded_password = percent_decode(password);
    if (!decoded_user || !decoded_password) {
        return wrong("user or password has a % that is not followed by two hex digits");
    }
    if (!decoded_user->empty() && decoded_password->empty()) {
        return wrong("a user without a password (write user:password@host)");
    }
    endpoint.user = *decoded_user;
    endpoint.password = *decoded_password;
    return {};
}

Result<void> set_host(Endpoint& endpoint, std::string_view authority) {
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return wrong("'[' without ']'");
        endpoint.host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
        if (!port.empty() && !port.starts_with(':')) return wrong("text after ']'");
    } else {
        const auto colon = authority.find(':');
        endpoint.host = authority.substr(0, colon);
        if (colon != std::string_view::npos) port = authority.substr(colon);
    }
    if (endpoint.host.empty()) return wrong("no host");
    if (endpoint.host.find('\0') != std::string::npos) return wrong("a zero byte in the host");
    if (port.empty()) return {};
    const auto value = number(port.substr(1), 1, 65'535);
    if (!value) return wrong("the port is not a number from 1 to 65535");
    endpoint.port = *value;
    return {};
}

Result<void> set_database(Endpoint& endpoint, std::string_view text) {
    if (text.empty()) return {};
    const auto value = number(text, 0, kDatabaseMost);
    if (!value) return wrong("the database is not a number from 0 to 65535");
    endpoint.database = *value;
    return {};
}

Result<Endpoint> parse_tcp(std::string_view rest, bool tls) {
    Endpoint endpoint;
    endpoint.tls = tls;
    std::string_view query = cut(rest, '?');
    const auto path_at =
        rest.find('/', rest.rfind('@') == std::string_view::npos ? 0 : rest.rfind('@'));
    std::string_view path;
    if (path_at != std::string_view::npos) {
        path = rest.substr(path_at + 1);
        rest = rest.substr(0, path_at);
    }
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        std::string_view user = rest.substr(0, at);
        const std::string_view password = cut(user, ':');
        if (auto set = set_credentials(endpoint, user, password); !set) {
            return tl::unexpected(set.error());
        }
        rest = rest.substr(at + 1);
    }
    if (auto set = set_host(endpoint, rest); !set) return tl::unexpected(set.error());
    if (auto set = set_database(endpoint, path); !set) return tl::unexpected(set.error());
    while (!query.empty()) {
        std::string_view pair = query;
        query = cut(pair, '&');
        const std::string_view value = cut(pair, '=');
        const auto file = percent_decode(value);
        if (pair != "ca" || !tls || !file || file->empty()) {
            return wrong("the only option is ca=FILE, with rediss://");
        }
        endpoint.ca_file = *file;
    }
    return endpoint;
}

Result<Endpoint> parse_unix(std::string_view rest) {
    Endpoint endpoint;
    std::string_view query = cut(rest, '?');
    if (rest.starts_with("//")) rest.remove_prefix(2);
    endpoint.unix_path = rest;
    if (!rest.starts_with('/') || rest.find('\0') != std::string_view::npos) {
        return wrong("unix: needs an absolute path");
    }
    if (rest.size() > kUnixPathMost) {
        return wrong("the path of the Unix socket is longer than 107 bytes");
    }
    std::string_view user;
    std::string_view password;
    while (!query.empty()) {
        std::string_view pair = query;
        query = cut(pair, '&');
        const std::string_view value = cut(pair, '=');
        if (pair == "user") {
            user = value;
        } else if (pair == "password") {
            password = value;
        } else if (pair == "database") {
            if (auto set = set_database(endpoint, value); !set) return tl::unexpected(set.error());
        } else {
            return wrong("the options of unix: are database, user and password");
        }
    }
    if (auto set = set_credentials(endpoint, user, password); !set) {
        return tl::unexpected(set.error());
    }
    return endpoint;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view url) {
    if (url.starts_with("redis://")) return parse_tcp(url.substr(8), false);
    if (url.starts_with("rediss://")) return parse_tcp(url.substr(9), true);
    if (url.starts_with("unix:")) return parse_unix(url.substr(5));
    return wrong("it must begin with redis://, rediss:// (TLS) or unix: (socket path)");
}

std::string describe(const Endpoint& endpoint) {
    const std::string database = std::to_string(endpoint.database);
    if (!endpoint.unix_path.empty()) {
        return "unix:" + endpoint.unix_path +
               (endpoint.database == 0 ? "" : "?database=" + database);
    }
    const bool six = endpoint.host.find(':') != std::string::npos;
    return (endpoint.tls ? "rediss://" : "redis://") +
           (six ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port) +
           "/" + database;
}

}  // namespace tapline::redis
