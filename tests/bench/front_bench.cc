// The ceiling of the connection front: the server that ships, with a handler that answers 202 and
// does no work.
//
//     front_bench WORKERS
//
// Prints the address it listens on and runs until its standard input ends.
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include "gateway/http/server.h"

int main(int argc, char** argv) {
    using namespace tapline;
    http::UrlTable urls;
    urls.add({"POST", "/hooks/{connection}", 4u << 20, "hooks",
              [](const http::Request&, http::Responder responder) {
                  responder.send(http::Response{202, "", "", {}, false});
              }});
    http::ServerOptions options;
    options.listen = {{"127.0.0.1:0", "", ""}};
    options.workers = argc > 1 ? std::atoi(argv[1]) : 2;
    auto server = http::Server::start(options, std::move(urls));
    if (!server) {
        std::fprintf(stderr, "front_bench: %s\n", server.error().message.c_str());
        return 1;
    }
    std::printf("listening %s\n", (*server)->address(0).c_str());
    std::fflush(stdout);
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    (*server)->stop();
    return 0;
}
