// A greeted connection: connected, authenticated, on its database, named, and known to answer.
//
//     auto session = Session::open(endpoint, "tapline", resolver, patience);
//     Result<Reply> reply = session->ask(encode({"INFO"}), patience);
//
// One command at a time; the link takes the parts over for pipelining. Not thread-safe.
#pragma once

#include <string>

#include "gateway/redis/endpoint.h"
#include "gateway/redis/patience.h"
#include "gateway/redis/reply.h"
#include "gateway/redis/reply_reader.h"
#include "gateway/redis/resolver.h"
#include "gateway/redis/transport.h"
#include "routes/error.h"

namespace tapline::redis {

class Session {
  public:
    // Connects, then AUTH, SELECT, PING and CLIENT SETNAME as the endpoint asks for them.
    // bad_config: the server refuses the credentials, the database or wants a password that the
    // endpoint does not have. unavailable: nobody answers, or the server is still loading.
    static Result<Session> open(const Endpoint& endpoint, const std::string& client_name,
                                Resolver& resolver, const Patience& patience);

    // Sends one command and waits for its reply. After an error the session is of no further use.
    Result<Reply> ask(std::string_view command, const Patience& patience);

    Transport transport;
    ReplyReader reader;

  private:
    explicit Session(Transport opened) : transport(std::move(opened)) {}
    Result<void> greet(const Endpoint& endpoint, const std::string& client_name,
                       const Patience& patience);
};

}  // namespace tapline::redis
