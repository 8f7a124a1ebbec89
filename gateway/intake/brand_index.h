// Which brand an event belongs to, in constant time whatever the number of brands.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/config.h"

namespace tapline {

class BrandIndex {
  public:
    explicit BrandIndex(const Config& config);

    // The brand that the event or its connection names, else the one whose line was called, else
    // the one with a button of the address that was written to (without what follows a "+" too),
    // else the one whose profile has the account, or only the connection where the event has no
    // account. Null when none claims it: also when the connection names a brand, but the event
    // carries an account that no profile of the brand has.
    std::shared_ptr<const Brand> find(const Connection& connection, const Event& event) const;

    std::shared_ptr<const Brand> named(const std::string& brand) const;

    // Whether some brand has a profile with this account at the connection. "" is none.
    bool has_account(const Connection& connection, const std::string& account) const;

    // The first of the addresses that a button has: of the brand that the connection names, else of
    // any. "" where none has.
    std::string known_address(const Connection& connection,
                              const std::vector<std::string>& addresses) const;

    // Every brand that the connection serves: the one that it names, else those that have a profile
    // or a line at it.
    std::vector<std::shared_ptr<const Brand>> served_by(const Connection& connection) const;

  private:
    std::shared_ptr<const Brand> of_address(std::string address) const;

    using Table = std::unordered_map<std::string, std::shared_ptr<const Brand>>;
    Table by_name_;
    Table by_account_;  // "connection\naccount"
    Table by_line_;     // "connection\n+E164"
    std::unordered_map<std::string, std::vector<std::shared_ptr<const Brand>>> by_connection_;
    Table by_address_;  // address_key
};

}  // namespace tapline
