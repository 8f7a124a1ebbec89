#include "gateway/intake/gateway_state.h"

#include "gateway/log.h"

namespace tapline {

void LastHeard::note(const std::string& connection, Time when) {
    const std::lock_guard lock(mutex_);
    times_[connection] = when;
}

std::map<std::string, Time> LastHeard::all() const {
    const std::lock_guard lock(mutex_);
    return times_;
}

void Alarms::raise(const std::string& name, const std::string& message) {
    const std::lock_guard lock(mutex_);
    const bool is_new = raised_.insert_or_assign(name, message).second;
    if (is_new) log_error("alarm", {{"alarm", name}, {"detail", message}});
}

void Alarms::clear(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (raised_.erase(name) > 0) log_info("alarm cleared", {{"alarm", name}});
}

std::map<std::string, std::string> Alarms::all() const {
    const std::lock_guard lock(mutex_);
    return raised_;
}

}  // namespace tapline
