#include "gateway/redis/link.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include <openssl/sha.h>

#include "gateway/redis/batch.h"
#include "gateway/redis/link_impl.h"

namespace tapline::redis {
namespace {

constexpr std::size_t kKeptScratch = std::size_t{64} * 1024;

// Where one thread leaves a reply and another waits for it.
struct Waiter {
    std::mutex mutex;
    std::condition_variable arrived;
    std::optional<Result<Reply>> reply;

    Link::Completion completion(const std::shared_ptr<Waiter>& self) {
        return [self](Result<Reply> result) {
            const std::lock_guard lock(self->mutex);
            self->reply = std::move(result);
            self->arrived.notify_one();
        };
    }

    Result<Reply> wait() {
        std::unique_lock lock(mutex);
        arrived.wait(lock, [this] { return reply.has_value(); });
        return std::move(*reply);
    }
};

tl::unexpected<Error> on_its_own_thread() {
    return fail(ErrorCode::unavailable, "redis: a completion must not wait for a reply; not sent");
}

}  // namespace

Script make_script(std::string_view name, std::string_view source) {
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<const unsigned char*>(source.data()), source.size(), digest);
    constexpr std::string_view kHex = "0123456789abcdef";
    Script script{name, source, {}};
    for (const unsigned char byte : digest) {
        script.sha1 += kHex[byte >> 4];
        script.sha1 += kHex[byte & 15];
    }
    return script;
}

Link::Link(Endpoint endpoint, LinkOptions options, OnConnect on_connect, OnLost on_lost)
    : impl_(std::make_unique<Impl>(std::move(endpoint), std::move(options), std::move(on_connect),
                                   std::move(on_lost))) {}

Link::~Link() {
    stop();
}

void Link::start() {
    impl_->start();
}
void Link::stop() {
    impl_->stop();
}
LinkStats Link::stats() const {
    return impl_->stats();
}

bool Link::wait_connected(std::chrono::milliseconds patience) const {
    return impl_->wait_connected(patience);
}

void Link::submit(std::string_view command, Completion done) {
    impl_->put(command, {}, std::move(done));
}

void Link::submit_script(const Script& script, std::span<const std::string_view> keys,
                         std::span<const std::string_view> args, Completion done) {
    // A buffer per thread: a call of the usual size costs no allocation. It is taken out while a
    // completion may run, because that may submit as well.
    thread_local std::string scratch;
    std::string encoded = std::move(scratch);
    encoded.clear();
    append_evalsha(encoded, script, keys, args);
    impl_->put(encoded, script.source, std::move(done));
    if (encoded.capacity() <= kKeptScratch) scratch = std::move(encoded);
}

Result<Reply> Link::call(std::string_view command) {
    if (impl_->on_link_thread()) return on_its_own_thread();
    const auto waiter = std::make_shared<Waiter>();
    submit(command, waiter->completion(waiter));
    return waiter->wait();
}

Result<Reply> Link::call_script(const Script& script, std::span<const std::string_view> keys,
                                std::span<const std::string_view> args) {
    if (impl_->on_link_thread()) return on_its_own_thread();
    const auto waiter = std::make_shared<Waiter>();
    submit_script(script, keys, args, waiter->completion(waiter));
    return waiter->wait();
}

}  // namespace tapline::redis
