#include "gateway/redis/session.h"

#include <array>
#include <optional>

#include <poll.h>

namespace tapline::redis {
namespace {

tl::unexpected<Error> refused(const std::string& what, const Reply& reply) {
    const std::string said = reply.is_error() ? reply.text : "an unexpected reply";
    if (reply.is_error("NOAUTH")) {
        return fail(ErrorCode::bad_config,
                    "redis: the server asks for a password; write it into the URL "
                    "(redis://user:password@host)");
    }
    const bool loading = reply.is_error("LOADING") || reply.is_error("MASTERDOWN") ||
                         reply.is_error("ERR max number of clients");
    return fail(loading ? ErrorCode::unavailable : ErrorCode::bad_config,
                "redis: " + what + " is refused: " + said);
}

}  // namespace

Result<Session> Session::open(const Endpoint& endpoint, const std::string& client_name,
                              Resolver& resolver, const Patience& patience) {
    auto opened = Transport::open(endpoint, resolver, patience);
    if (!opened) {
        return fail(opened.error().code, "redis: " + opened.error().message);
    }
    Session session(std::move(*opened));
    if (auto greeted = session.greet(endpoint, client_name, patience); !greeted) {
        return tl::unexpected(greeted.error());
    }
    return session;
}

Result<void> Session::greet(const Endpoint& endpoint, const std::string& client_name,
                            const Patience& patience) {
    if (!endpoint.password.empty()) {
        const auto reply =
            ask(endpoint.user.empty() ? encode({"AUTH", endpoint.password})
                                      : encode({"AUTH", endpoint.user, endpoint.password}),
                patience);
        if (!reply) return tl::unexpected(reply.error());
        if (reply->kind != Reply::Kind::status) return refused("AUTH", *reply);
    }
    if (endpoint.database != 0) {
        const auto reply = ask(encode({"SELECT", std::to_string(endpoint.database)}), patience);
        if (!reply) return tl::unexpected(reply.error());
        if (reply->kind != Reply::Kind::status) return refused("SELECT", *reply);
    }
    const auto pong = ask(encode({"PING"}), patience);
    if (!pong) return tl::unexpected(pong.error());
    // An ACL may forbid PING: then it is a Redis that answers all the same.
    if (pong->kind != Reply::Kind::status && !pong->is_error("NOPERM")) {
        return refused("PING", *pong);
    }
    if (client_name.empty()) return {};
    // The name is for CLIENT LIST only; an ACL that forbids it refuses nothing that matters.
    const auto named = ask(encode({"CLIENT", "SETNAME", client_name}), patience);
    if (!named) return tl::unexpected(named.error());
    return {};
}

Result<Reply> Session::ask(std::string_view command, const Patience& patience) {
    while (!command.empty()) {
        const auto count = transport.write({&command, 1});
        if (!count) return fail(count.error().code, "redis: " + count.error().message);
        command.remove_prefix(*count);
        if (command.empty()) break;
        if (auto ready = wait_for(transport.fd(), POLLIN | POLLOUT, patience); !ready) {
            return fail(ErrorCode::unavailable, "redis: cannot send: " + ready.error().message);
        }
    }
    std::optional<Reply> answer;
    bool more = false;
    std::array<char, std::size_t{16} * 1024> buffer;
    while (!answer) {
        const short events = transport.needs_write() ? POLLIN | POLLOUT : POLLIN;
        if (auto ready = wait_for(transport.fd(), events, patience); !ready) {
            return fail(ErrorCode::unavailable, "redis: no answer: " + ready.error().message);
        }
        const auto count = transport.read(buffer);
        if (!count) return fail(count.error().code, "redis: " + count.error().message);
        auto consumed = reader.consume({buffer.data(), *count}, [&](Reply reply) {
            more = answer.has_value();
            answer = std::move(reply);
        });
        if (!consumed) return tl::unexpected(consumed.error());
    }
    if (more) return fail(ErrorCode::corrupt, "redis: a reply that nobody asked for");
    return std::move(*answer);
}

}  // namespace tapline::redis
