#include "gateway/intake/callouts.h"

#include <algorithm>

#include "adapters/public_key.h"
#include "gateway/cli/http_client.h"
#include "gateway/log.h"

namespace tapline {

Fetch https_fetch() {
    return [](const std::string& url) -> Result<std::string> {
        HttpCall call;
        call.url = url;
        call.deadline_seconds = kCalloutSeconds;
        call.answer_bytes_max = kCalloutBytes;
        auto answer = http_call(call);
        if (!answer) return tl::unexpected(answer.error());
        if (answer->status != 200) {
            return fail(ErrorCode::unavailable, "answered " + std::to_string(answer->status));
        }
        return std::move(answer->body);
    };
}

Callouts::Callouts(Fetch fetch) : fetch_(std::move(fetch)), thread_([this] { run(); }) {}

// Of requests that nothing vouches for yet.
bool Callouts::may_fetch(const std::string& client) const {
    if (stopped_ || waiting_.size() >= kCalloutsMax) return false;
    if (certificates_.size() >= kCertificatesMax) return false;
    if (client.empty()) return true;
    const auto waits = std::count_if(waiting_.begin(), waiting_.end(),
                                     [&](const Call& call) { return call.client == client; });
    const auto failed = std::count_if(failed_.begin(), failed_.end(), [&](const auto& entry) {
        return entry.second.client == client;
    });
    return static_cast<std::size_t>(waits + failed) < kFetchesOfClient;
}

std::optional<std::string> Callouts::certificate(const std::string& url,
                                                 const std::string& client) {
    const std::lock_guard lock(mutex_);
    const auto found = certificates_.find(url);
    if (found != certificates_.end()) return found->second;
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(failed_, [&](const auto& entry) { return entry.second.until <= now; });
    const bool waits = std::any_of(waiting_.begin(), waiting_.end(),
                                   [&](const Call& call) { return call.url == url; });
    if (!waits && !failed_.contains(url) && may_fetch(client)) {
        waiting_.push_back({url, {}, client});
        wake_.notify_one();
    }
    return std::nullopt;
}

void Callouts::confirm(const std::string& url, std::function<void(bool)> done) {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() < kCalloutsMax && !stopped_) {
            waiting_.push_back({url, std::move(done)});
            wake_.notify_one();
            return;
        }
    }
    done(false);
}

void Callouts::run() {
    for (;;) {
        Call call;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
            if (stopped_) return;
            call = waiting_.front();
        }
        finish(call, fetch_(call.url));
    }
}

void Callouts::finish(const Call& call, const Result<std::string>& answer) {
    const bool good = answer && (call.done || is_rsa_certificate(*answer));
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return;
        waiting_.pop_front();
        if (!call.done && good) certificates_[call.url] = *answer;
        if (!call.done && !good) {
            const auto oldest = std::min_element(
                failed_.begin(), failed_.end(),
                [](const auto& a, const auto& b) { return a.second.until < b.second.until; });
            if (failed_.size() >= kCertificatesMax) failed_.erase(oldest);
            failed_[call.url] = {std::chrono::steady_clock::now() + kFailureLife, call.client};
        }
    }
    if (!good) {
        log_warning("callout failed",
                    {{"for", call.done ? "subscription" : "certificate"},
                     {"reason", answer ? "no certificate of an RSA key" : answer.error().message}});
    }
    if (call.done) call.done(good);
}

void Callouts::stop() {
    std::deque<Call> rest;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return;
        stopped_ = true;
        rest.swap(waiting_);
        wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    for (const Call& call : rest) {
        if (call.done) call.done(false);
    }
}

}  // namespace tapline
