#include "gateway/http/server.h"

#include <array>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/random.h>

#include "gateway/http/loop.h"
#include "gateway/http/signals.h"
#include "gateway/http/worker.h"

namespace tapline::http {
namespace {

// Tells this run of this gateway from every other: "7f3a9c21-".
std::string make_id_prefix() {
    std::uint32_t random = 0;
    if (::getrandom(&random, sizeof random, 0) != sizeof random) {
        random = static_cast<std::uint32_t>(Clock::now().time_since_epoch().count());
    }
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%08x-", random);
    return text.data();
}

class FrontServer final : public Server {
  public:
    FrontServer(ServerOptions options, UrlTable urls, std::vector<Door> doors,
                TrustedProxies proxies)
        : options_(std::move(options)),
          urls_(std::move(urls)),
          doors_(std::move(doors)),
          proxies_(std::move(proxies)),
          id_prefix_(make_id_prefix()),
          shared_(std::make_shared<Shared>()),
          front_(options_.limits, urls_, shared_),
          pool_(options_.workers, [this] { return make_run(); }),
          loop_(front_, doors_, proxies_, pool_) {
        for (const Door& door : doors_) addresses_.push_back(door.listener.address());
        thread_ = std::thread([this] {
            block_signals();
            loop_.run();
        });
    }
    FrontServer(const FrontServer&) = delete;
    FrontServer& operator=(const FrontServer&) = delete;
    ~FrontServer() override { stop_now(); }

    std::string address(std::size_t listener) const override { return addresses_.at(listener); }
    const Counters& counters() const override { return shared_->counters; }
    void stop() override { stop_now(); }

    Result<void> reload_certificates() override {
        Result<void> result;
        for (const Door& door : doors_) {
            if (door.certificates == nullptr) continue;
            if (auto loaded = door.certificates->reload(); !loaded) result = loaded;
        }
        return result;
    }

    std::optional<std::chrono::system_clock::time_point> certificate_ends() const override {
        std::optional<std::chrono::system_clock::time_point> first;
        for (const Door& door : doors_) {
            if (door.certificates == nullptr) continue;
            const auto ends = door.certificates->ends();
            if (!first || ends < *first) first = ends;
        }
        return first;
    }

  private:
    Pool::Run make_run() {
        auto worker = std::make_shared<Worker>(proxies_, id_prefix_);
        return [worker](Exchange* exchange) { worker->run(exchange); };
    }

    void stop_now() {
        const std::lock_guard lock(stop_mutex_);
        if (!thread_.joinable()) return;
        loop_.request_stop();
        thread_.join();
        pool_.stop();
    }

    const ServerOptions options_;
    const UrlTable urls_;
    std::vector<Door> doors_;
    std::vector<std::string> addresses_;
    const TrustedProxies proxies_;
    const std::string id_prefix_;
    const std::shared_ptr<Shared> shared_;
    Front front_;
    Pool pool_;
    Loop loop_;
    std::mutex stop_mutex_;
    std::thread thread_;
};

Result<Door> open_door(const Listen& listen) {
    auto listener = Listener::open(listen.address);
    if (!listener) return tl::unexpected(listener.error());
    Door door{std::move(*listener), nullptr, false};
    if (listen.certificate.empty()) return door;
    auto certificates = TlsCertificates::load(listen.certificate, listen.key);
    if (!certificates) return tl::unexpected(certificates.error());
    door.certificates = std::move(*certificates);
    return door;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, UrlTable urls) {
    auto proxies = TrustedProxies::parse(options.trusted_proxies);
    if (!proxies) return tl::unexpected(proxies.error());
    std::vector<Door> doors;
    for (const Listen& listen : options.listen) {
        auto door = open_door(listen);
        if (!door) return tl::unexpected(door.error());
        doors.push_back(std::move(*door));
    }
    try {
        return std::make_unique<FrontServer>(std::move(options), std::move(urls), std::move(doors),
                                             std::move(*proxies));
    } catch (const std::system_error& error) {
        return fail(ErrorCode::unavailable, std::string("http: cannot start: ") + error.what());
    }
}

}  // namespace tapline::http
