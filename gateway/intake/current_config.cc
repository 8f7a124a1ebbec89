#include "gateway/intake/current_config.h"

#include <utility>

#include "adapters/crypto.h"

namespace tapline {

namespace {

constexpr std::size_t kHashCharacters = 12;

}  // namespace

std::string config_hash(const Config& config) {
    std::string parts;
    const auto add = [&parts](const std::string& part) {
        parts.append(std::to_string(part.size())).append(" ").append(part);
    };
    for (const auto& [name, brand] : config.brands) {
        add(name);
        add(brand->config_version);
    }
    add("");
    for (const auto& [name, connection] : config.connections) {
        add(name);
        add(connection.provider);
        add(connection.account);
        add(connection.brand);
        add(std::to_string(connection.reply_window.count()));
        add(connection.accepts_unsigned ? "unsigned" : "signed");
    }
    add(config.mail.brand);
    add(std::to_string(config.limits.quarantine_entries));
    add(std::to_string(config.limits.quarantine_bytes));
    return sha256_hex(parts).substr(0, kHashCharacters);
}

Settings::Settings(Config loaded)
    : config(std::move(loaded)), brands(config), hash(config_hash(config)) {}

std::shared_ptr<const Settings> CurrentConfig::get() const {
    const std::lock_guard lock(mutex_);
    return now_;
}

void CurrentConfig::use(Config config) {
    auto next = std::make_shared<const Settings>(std::move(config));
    const std::lock_guard lock(mutex_);
    now_.swap(next);
}

}  // namespace tapline
