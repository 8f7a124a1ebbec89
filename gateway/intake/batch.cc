#include "gateway/intake/batch.h"

#include <array>
#include <mutex>

#include "gateway/log.h"

namespace tapline {

namespace {

class Batch : public std::enable_shared_from_this<Batch> {
  public:
    Batch(GatewayState& state, std::string connection, std::vector<BatchItem> items, BatchDone done)
        : state_(state),
          connection_(std::move(connection)),
          items_(std::move(items)),
          verdicts_(items_.size()),
          done_(std::move(done)) {}

    // Starts items until the window is full. A completion may run inside of accept() (nothing had
    // to wait), on this or on the link's thread: only one of them pumps, the others leave a note.
    void pump();

  private:
    void start(std::size_t i);
    void finished(std::size_t i, Verdict verdict);
    void on_accepted(std::size_t i, const std::string& body_hash, Result<Accepted> result);

    GatewayState& state_;
    const std::string connection_;
    std::vector<BatchItem> items_;
    std::vector<Verdict> verdicts_;
    BatchDone done_;

    std::mutex mutex_;
    std::size_t next_ = 0;
    std::size_t under_way_ = 0;
    std::size_t finished_ = 0;
    bool pumping_ = false;
};

void Batch::pump() {
    std::unique_lock lock(mutex_);
    if (pumping_) return;
    pumping_ = true;
    while (next_ < items_.size() && under_way_ < kBatchWindow) {
        const std::size_t i = next_++;
        ++under_way_;
        lock.unlock();
        start(i);
        lock.lock();
    }
    pumping_ = false;
    const bool complete = finished_ == items_.size() && done_;
    BatchDone done = complete ? std::exchange(done_, nullptr) : nullptr;
    lock.unlock();
    if (done) done(std::move(verdicts_));
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
    finished(i, {Verdict::State::invalid, {}, {}, item.reason});
}

void Batch::on_accepted(std::size_t i, const std::string& body_hash, Result<Accepted> result) {
    Verdict verdict;
    verdict.event_id = verdicts_[i].event_id;
    if (!result) {
        verdict.reason = result.error().message;
        state_.metrics.refused.add(connection_, "unavailable");
        if (result.error().code == ErrorCode::full) {
            state_.alarms.raise("quarantine_full", result.error().message);
        }
        if (result.error().code == ErrorCode::corrupt) {
            state_.alarms.raise("redis_corrupt", result.error().message);
        }
        log_warning("not accepted",
                    {{"connection", connection_}, {"reason", result.error().message}});
        return finished(i, std::move(verdict));
    }
    verdict.mark = std::move(result->mark);
    const bool other_body = result->seen && !body_hash.empty() && !verdict.mark.body_hash.empty() &&
                            body_hash != verdict.mark.body_hash;
    if (other_body) {
        verdict.state = Verdict::State::conflict;
        verdict.reason = "this id was accepted before with another body; send a new id";
        state_.metrics.refused.add(connection_, "conflict");
    } else if (result->seen) {
        verdict.state = Verdict::State::seen;
        state_.metrics.accepted.add(connection_, "seen");
    } else {
        verdict.state = verdict.mark.state == "quarantined" ? Verdict::State::quarantined
                                                            : Verdict::State::accepted;
        state_.metrics.accepted.add(connection_, verdict.mark.state);
    }
    finished(i, std::move(verdict));
}

void Batch::finished(std::size_t i, Verdict verdict) {
    verdicts_[i] = std::move(verdict);
    {
        const std::lock_guard lock(mutex_);
        --under_way_;
        ++finished_;
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

void accept_batch(GatewayState& state, const std::string& connection, std::vector<BatchItem> items,
                  BatchDone done) {
    std::make_shared<Batch>(state, connection, std::move(items), std::move(done))->pump();
}

}  // namespace tapline
