#include "gateway/intake/brand_index.h"

#include <set>
#include <utility>

namespace tapline {

BrandIndex::BrandIndex(const Config& config) {
    for (const auto& [name, brand] : config.brands) {
        by_name_.emplace(name, brand);
        for (const auto& [key, profile] : brand->profile_by_account)
            by_account_.emplace(key, brand);
        for (const auto& [number, line] : brand->lines) {
            by_line_.emplace(line.connection + "\n" + number, brand);
        }
        std::set<std::string> connections;
        for (const auto& [key, profile] : brand->profiles) connections.insert(profile.connection);
        for (const auto& [key, line] : brand->lines) connections.insert(line.connection);
        for (const auto& connection : connections) by_connection_[connection].push_back(brand);
        for (const auto& [address, button] : brand->button_by_address) {
            by_address_.emplace(address, brand);
        }
    }
}

std::shared_ptr<const Brand> BrandIndex::named(const std::string& brand) const {
    const auto found = by_name_.find(brand);
    return found == by_name_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const Brand>> BrandIndex::served_by(
    const Connection& connection) const {
    if (auto brand = named(connection.brand)) return {std::move(brand)};
    const auto found = by_connection_.find(connection.name);
    if (found == by_connection_.end()) return {};
    return found->second;
}

bool BrandIndex::has_account(const Connection& connection, const std::string& account) const {
    return !account.empty() && by_account_.contains(connection.name + "\n" + account);
}

std::string BrandIndex::known_address(const Connection& connection,
                                      const std::vector<std::string>& addresses) const {
    for (const std::string& address : addresses) {
        const auto brand = of_address(address_key(address));
        const bool served = connection.brand.empty() || (brand && brand->name == connection.brand);
        if (brand && served) return address;
    }
    return {};
}

std::shared_ptr<const Brand> BrandIndex::of_address(std::string address) const {
    for (;;) {
        const auto found = by_address_.find(address);
        if (found != by_address_.end()) return found->second;
        const std::size_t at = address.rfind('@');
        const std::size_t plus = at == std::string::npos ? at : address.rfind('+', at);
        if (plus == std::string::npos) return nullptr;
        address.erase(plus, at - plus);
    }
}

std::shared_ptr<const Brand> BrandIndex::find(const Connection& connection,
                                              const Event& event) const {
    const bool foreign =
        !event.brand.empty() && !connection.brand.empty() && event.brand != connection.brand;
    if (foreign) return nullptr;
    const std::string& name = event.brand.empty() ? connection.brand : event.brand;
    if (!event.line.empty()) {
        const auto line = by_line_.find(connection.name + "\n" + event.line);
        if (line != by_line_.end()) return line->second;
        // An undeclared line of a brand's own connection still rings somewhere: at its default.
        return named(name);
    }
    if (!event.address.empty() && event.account.empty() && name.empty()) {
        return of_address(address_key(event.address));
    }
    if (event.account.empty() && !name.empty()) return named(name);
    const auto account = by_account_.find(connection.name + "\n" + event.account);
    if (account == by_account_.end()) return nullptr;
    return name.empty() || account->second->name == name ? account->second : nullptr;
}

}  // namespace tapline
