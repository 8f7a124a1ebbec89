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

void Alarms::clear_others(const std::string& prefix, const std::set<std::string>& names) {
    for (const auto& [name, message] : all()) {
        if (name.starts_with(prefix) && !names.contains(name.substr(prefix.size()))) clear(name);
    }
}

void Alarms::forget_brand(const std::string& brand) {
    for (const auto& [name, message] : all()) {
        const std::size_t dot = name.find('.');
        if (dot == std::string::npos) continue;
        const std::string rest = name.substr(dot + 1);
        if (rest == brand || rest.starts_with(brand + ".")) clear(name);
    }
}

std::map<std::string, std::string> Alarms::all() const {
    const std::lock_guard lock(mutex_);
    return raised_;
}

std::shared_ptr<const Config> GatewayState::config() const {
    auto now = settings();
    return {now, &now->config};
}

std::shared_ptr<const BrandIndex> GatewayState::brands() const {
    auto now = settings();
    return {now, &now->brands};
}

std::shared_ptr<const Situation> Situations::of(const std::string& brand) const {
    static const auto nothing = std::make_shared<const Situation>();
    auto situation = known(brand);
    return situation ? situation : nothing;
}

std::shared_ptr<const Situation> Situations::known(const std::string& brand) const {
    const std::lock_guard lock(mutex_);
    const auto found = situations_.find(brand);
    return found == situations_.end() ? nullptr : found->second;
}

void Situations::set(const std::string& brand, std::shared_ptr<const Situation> situation) {
    const std::lock_guard lock(mutex_);
    situations_[brand] = std::move(situation);
}

void Situations::forget(const std::string& brand) {
    const std::lock_guard lock(mutex_);
    situations_.erase(brand);
}

}  // namespace tapline
