// find_contacted: what --to names, and what is contacted without it.
#include <algorithm>

#include "gateway/cli/send_target.h"

namespace tapline {

namespace {

// The brands that the connection may deliver to.
std::vector<const Brand*> brands_of(const Config& config, const Connection& connection) {
    std::vector<const Brand*> brands;
    for (const auto& [name, brand] : config.brands) {
        if (connection.brand.empty() || connection.brand == name) brands.push_back(brand.get());
    }
    return brands;
}

bool has_line(const Brand& brand, const std::string& number, const std::string& connection) {
    const auto line = brand.lines.find(number);
    return line != brand.lines.end() && line->second.connection == connection;
}

// Mail is delivered by address; no line or profile names the connection.
bool is_by_address(const Config& config, const std::string& connection) {
    for (const auto& [name, brand] : config.brands) {
        const bool named =
            std::any_of(brand->lines.begin(), brand->lines.end(),
                        [&](const auto& line) { return line.second.connection == connection; }) ||
            std::any_of(brand->profiles.begin(), brand->profiles.end(), [&](const auto& profile) {
                return profile.second.connection == connection;
            });
        if (named) return false;
    }
    return true;
}

class Contacts {
  public:
    Contacts(const Config& config, const Connection& connection)
        : brands_(brands_of(config, connection)),
          connection_(connection.name),
          by_address_(is_by_address(config, connection.name)) {}

    // How the connection's events name the button; "" when it does not serve it.
    std::string of(const Brand& brand, const Button& button) const {
        if (has_line(brand, button.line, connection_)) return button.line;
        if (!button.address.empty()) return by_address_ ? button.address : "";
        const auto profile = brand.profiles.find(button.profile);
        const bool by_account = button.channel == Channel::dm && button.whatsapp.empty() &&
                                profile != brand.profiles.end() &&
                                profile->second.connection == connection_;
        return by_account ? profile->second.account : "";
    }

    std::string named(const std::string& to) const {
        for (const Brand* brand : brands_) {
            const auto button = brand->buttons.find(to);
            if (button != brand->buttons.end()) {
                std::string found = of(*brand, button->second);
                if (!found.empty()) return found;
            }
            if (has_line(*brand, to, connection_) || is_account(*brand, to) ||
                is_address(*brand, to)) {
                return to;
            }
        }
        return "";
    }

    // The first button of the channel that stands for a line; else the first account or address.
    std::string first(Channel channel) const {
        for (const Brand* brand : brands_) {
            for (const auto& [name, button] : brand->buttons) {
                const bool fits =
                    button.channel == channel && has_line(*brand, button.line, connection_);
                if (fits) return button.line;
            }
            for (const auto& [name, profile] : brand->profiles) {
                if (profile.connection == connection_) return profile.account;
            }
            for (const auto& [name, button] : brand->buttons) {
                if (by_address_ && !button.address.empty()) return button.address;
            }
        }
        return "";
    }

    std::string list() const {
        std::string known;
        for (const Brand* brand : brands_) {
            for (const auto& [name, button] : brand->buttons) {
                const std::string contacted = of(*brand, button);
                if (contacted.empty()) continue;
                known.append(" ").append(name).append(" (").append(contacted).append(")");
            }
        }
        return known.empty() ? " none" : known;
    }

  private:
    bool is_account(const Brand& brand, const std::string& to) const {
        return std::any_of(brand.profiles.begin(), brand.profiles.end(), [&](const auto& profile) {
            return profile.second.connection == connection_ && profile.second.account == to;
        });
    }

    // With any tags behind it: hello+ig+7K3M9Q2X4@acme.example is hello+ig@acme.example.
    bool is_address(const Brand& brand, const std::string& to) const {
        const std::size_t at = to.rfind('@');
        if (!by_address_ || at == std::string::npos) return false;
        const std::string host = to.substr(at);
        std::string name = to.substr(0, at);
        for (;;) {
            if (brand.button_by_address.contains(address_key(name + host))) return true;
            const std::size_t plus = name.rfind('+');
            if (plus == std::string::npos) return false;
            name.resize(plus);
        }
    }

    std::vector<const Brand*> brands_;
    std::string connection_;
    bool by_address_;
};

}  // namespace

Result<std::string> find_contacted(const Config& config, const Target& target,
                                   const SendOptions& options) {
    const std::string& to = options.to;
    if (target.brand) {
        if (to.empty() || target.brand->buttons.contains(to)) return to;
        std::string known;
        for (const auto& [name, button] : target.brand->buttons) known += " " + name;
        return fail(ErrorCode::bad_request, "--to: brand " + target.brand->name +
                                                " has no button \"" + to + "\"; there is:" + known);
    }
    const Contacts contacts(config, target.connection);
    if (to.empty()) return contacts.first(options.call ? Channel::call : Channel::text);
    std::string found = contacts.named(to);
    if (!found.empty()) return found;
    return fail(ErrorCode::bad_request,
                "--to: \"" + to + "\" is no account, line, address or button that connection " +
                    target.connection.name + " serves; there is:" + contacts.list());
}

}  // namespace tapline
