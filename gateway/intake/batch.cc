#include "gateway/intake/batch.h"

#include <array>
#include <mutex>
#include <unordered_map>

#include "gateway/log.h"

namespace tapline {

namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Who wrote, as far as two items of one request can be told apart by it; "" for nobody known.
std::string customer_of(const BatchItem& item) {
    if (!item.job) return {};
    const Event& event = item.job->event;
    if (event.call_step) return "call\n" + event.call_step->call;
    const Customer& customer = event.customer;
    if (!customer.phone.empty()) return customer.phone;
    if (!customer.email.empty()) return address_key(customer.email);
    if (customer.platform_id.empty()) return {};
    return event.account + "\n" + customer.platform_id;
}

class Batch : public std::enable_shared_from_this<Batch> {
  public:
    Batch(GatewayState& state, BatchOrigin origin, std::vector<BatchItem> items, BatchDone done)
        : state_(state),
          origin_(std::move(origin)),
          items_(std::move(items)),
          verdicts_(items_.size()),
          done_(std::move(done)),
          followers_(items_.size(), kNone),
          follows_(items_.size(), false) {
        std::unordered_map<std::string, std::size_t> last;
        for (std::size_t i = 0; i < items_.size(); ++i) {
            const std::string customer = customer_of(items_[i]);
            if (customer.empty()) continue;
            const auto [place, is_first] = last.emplace(customer, i);
            if (is_first) continue;
            followers_[place->second] = i;
            follows_[i] = true;
            place->second = i;
        }
    }

    // Starts items until the window is full. A completion may run inside of accept() (nothing had
    // to wait), on this or on the link's thread: only one of them pumps, the others leave a note.
    void pump();

  private:
    void start(std::size_t i);
    void finished(std::size_t i, Verdict verdict);
    void on_accepted(std::size_t i, const std::string& body_hash, Result<Accepted> result);
    Verdict failed(const Error& error);
    void log_contact(const Verdict& verdict) const;

    GatewayState& state_;
    const BatchOrigin origin_;
    std::vector<BatchItem> items_;
    std::vector<Verdict> verdicts_;
    BatchDone done_;
    std::vector<std::size_t> followers_;  // by item: the next one of the same customer
    std::vector<bool> follows_;

    std::mutex mutex_;
    std::vector<std::size_t> ready_;  // followers whose predecessor is done
    std::size_t next_ = 0;
    std::size_t under_way_ = 0;
    std::size_t finished_ = 0;
    bool pumping_ = false;
};

void Batch::pump() {
    std::unique_lock lock(mutex_);
    if (pumping_) return;
    pumping_ = true;
    for (;;) {
        while (next_ < items_.size() && follows_[next_]) ++next_;
        std::size_t i = kNone;
        if (!ready_.empty()) {
            i = ready_.back();
            ready_.pop_back();
        } else if (next_ < items_.size() && under_way_ < kBatchWindow) {
            i = next_++;
        } else {
            break;
        }
        ++under_way_;
        lock.unlock();
        start(i);
        lock.lock();
    }
    pumping_ = false;
    const bool complete = finished_ == items_.size() && done_;
    BatchDone done = complete ? std::exchange(done_, nullptr) : nullptr;
    lock.unlock();
    if (!done) return;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - origin_.began;
    state_.metrics.accept_seconds.observe(took.count());
    done(std::move(verdicts_));
}

void Batch::start(std::size_t i) {
    BatchItem& item = items_[i];
    auto self = shared_from_this();
    if (item.job) {
        Verdict& verdict = verdicts_[i];
        verdict.event_id = item.job->event.event_id;
        std::string body_hash = item.job->event.body_hash;
        state_.acceptor->accept(std::move(*item.job),
                                [self, i, body_hash](Result<Accepted> result) {
                                    self->on_accepted(i, body_hash, std::move(result));
                                });
        return;
    }
    if (item.quarantine) {
        state_.acceptor->quarantine(*item.quarantine, [self, i](Result<Accepted> result) {
            self->on_accepted(i, {}, std::move(result));
        });
        return;
    }
    finished(i, {Verdict::State::invalid, item.event_id, {}, item.reason});
}

void Batch::on_accepted(std::size_t i, const std::string& body_hash, Result<Accepted> result) {
    Verdict verdict;
    verdict.event_id = verdicts_[i].event_id;
    if (!result) {
        std::string event_id = std::move(verdict.event_id);
        verdict = failed(result.error());
        verdict.event_id = std::move(event_id);
        return finished(i, std::move(verdict));
    }
    verdict.mark = std::move(result->mark);
    const bool other_body = result->seen && !body_hash.empty() && !verdict.mark.body_hash.empty() &&
                            body_hash != verdict.mark.body_hash;
    if (other_body) {
        verdict.state = Verdict::State::conflict;
        verdict.reason = "this id was accepted before with another body; send a new id";
        state_.metrics.refused.add(origin_.connection, "conflict");
    } else if (result->seen) {
        verdict.state = Verdict::State::seen;
        state_.metrics.accepted.add(origin_.connection, "seen");
    } else {
        verdict.state = verdict.mark.state == "quarantined" ? Verdict::State::quarantined
                                                            : Verdict::State::accepted;
        state_.metrics.accepted.add(origin_.connection, verdict.mark.state);
        log_contact(verdict);
    }
    finished(i, std::move(verdict));
}

Verdict Batch::failed(const Error& error) {
    // A full quarantine is for the operator of Tapline, the rest for Redis'.
    const bool full = error.code == ErrorCode::full;
    state_.metrics.refused.add(origin_.connection, full ? "full" : "unavailable");
    if (error.code == ErrorCode::corrupt) state_.alarms.raise("redis_corrupt", error.message);
    log_warning("not accepted", {{"request", origin_.request_id},
                                 {"connection", origin_.connection},
                                 {"reason", error.message}});
    return {Verdict::State::unavailable, {}, {}, error.message};
}

void Batch::log_contact(const Verdict& verdict) const {
    const std::string& state = verdict.mark.state;
    const bool is_contact = state != "recorded" && state != "quarantined";
    if (!is_contact || !log_enabled(LogLevel::info)) return;
    log_info("accepted", {{"request", origin_.request_id},
                          {"connection", origin_.connection},
                          {"tracking_number", verdict.mark.number},
                          {"route", verdict.mark.route},
                          {"queue", verdict.mark.queue},
                          {"state", state}});
}

void Batch::finished(std::size_t i, Verdict verdict) {
    verdicts_[i] = std::move(verdict);
    {
        const std::lock_guard lock(mutex_);
        --under_way_;
        ++finished_;
        if (followers_[i] != kNone) ready_.push_back(followers_[i]);
        if (pumping_) return;
    }
    pump();
}

}  // namespace

std::string_view to_string(Verdict::State state) {
    constexpr std::array<std::string_view, 6> kNames = {"accepted", "seen",     "quarantined",
                                                        "invalid",  "conflict", "unavailable"};
    return kNames.at(static_cast<std::size_t>(state));
}

void accept_batch(GatewayState& state, BatchOrigin origin, std::vector<BatchItem> items,
                  BatchDone done) {
    std::make_shared<Batch>(state, std::move(origin), std::move(items), std::move(done))->pump();
}

}  // namespace tapline
