#include "config/checks/cross.h"

#include <algorithm>
#include <set>

#include "config/mail_keys.h"

namespace tapline {

namespace {

struct Claim {
    std::string owner;  // "profile "shop" of brand "acme""
    Where where;
};

// By connection and account, connection and line, or key value. Values of keys are never shown.
using Claims = std::map<std::string, Claim>;

void claim_account(const BrandDraft& draft, const Profile& profile, Claims& claims,
                   Report& report) {
    if (profile.connection.empty()) return;
    const bool is_named = !profile.account.empty();
    const Where where = draft.at(is_named ? "account" : "profile connection", profile.name);
    const std::string owner =
        "profile " + shown(profile.name) + " of brand " + shown(draft.brand.name);
    const auto [first, added] =
        claims.emplace(profile.connection + "\n" + profile.account, Claim{owner, where});
    if (added) return;
    const std::string what =
        is_named ? "account " + shown(profile.account) : "what names no account";
    report.error(where, what + " of connection " + shown(profile.connection) + " belongs to " +
                            first->second.owner + " already (" +
                            pointer_to(first->second.where, where) + "); remove one of the two");
}

void claim_line(const BrandDraft& draft, const Line& line, Claims& claims, Report& report) {
    if (line.connection.empty()) return;
    const Where where = draft.at("line", line.number);
    const std::string owner = "brand " + shown(draft.brand.name);
    const auto [first, added] =
        claims.emplace(line.connection + "\n" + line.number, Claim{owner, where});
    if (added) return;
    report.error(where, "line " + shown(line.number) + " of connection " + shown(line.connection) +
                            " belongs to " + first->second.owner + " already (" +
                            pointer_to(first->second.where, where) + "); remove one of the two");
}

// An address is one in the whole world: mail to it is one brand's, whatever brings it.
void claim_address(const BrandDraft& draft, const Button& button, Claims& claims, Report& report) {
    if (button.address.empty()) return;
    const Where where = draft.at("button address", button.name);
    const auto [first, added] =
        claims.emplace(address_key(button.address), Claim{draft.brand.name, where});
    if (added || first->second.owner == draft.brand.name) return;
    report.error(where, "address " + shown(button.address) + " belongs to brand " +
                            shown(first->second.owner) + " already (" +
                            pointer_to(first->second.where, where) + "); remove one of the two");
}

bool has_address(const BrandDraft& draft) {
    return std::any_of(draft.brand.buttons.begin(), draft.brand.buttons.end(),
                       [](const auto& entry) { return !entry.second.address.empty(); });
}

void claim_key(const BrandDraft& draft, const BrandSecret& key, const std::string& what,
               Claims& claims, Report& report) {
    if (key.value.empty()) return;
    const Where where = draft.at(what, key.name);
    const auto [first, added] =
        claims.emplace(what + "\n" + key.value, Claim{draft.brand.name, where});
    if (added || first->second.owner == draft.brand.name) return;
    report.error(where, what + " " + shown(key.name) + " has the same value as one of brand " +
                            shown(first->second.owner) + "; make a new one");
}

// Chat tools and forms may have one account only, which nobody names; every other provider has ids.
void check_account(const GatewayDraft& gateway, const BrandDraft& draft, const Profile& profile,
                   Report& report) {
    const auto found = gateway.config.connections.find(profile.connection);
    if (found == gateway.config.connections.end() ||
        draft.places.contains({"account", profile.name}))
        return;
    const std::string& provider = found->second.provider;
    if (provider == "chat" || provider == "web" || provider.empty()) return;
    report.error(draft.at("profile connection", profile.name),
                 "profile " + shown(profile.name) +
                     " has a connection and no \"account\"; add the account id that the "
                     "provider's events name");
}

// A connection that is pinned to a brand serves no other.
void check_owner(const GatewayDraft& gateway, const BrandDraft& draft, const std::string& name,
                 const Where& where, Report& report) {
    const auto found = gateway.config.connections.find(name);
    if (found == gateway.config.connections.end()) return;
    const std::string& owner = found->second.brand;
    if (owner.empty() || owner == draft.brand.name) return;
    report.error(where, "connection " + shown(name) + " belongs to brand " + shown(owner) +
                            "; use another, or remove its \"brand\" in tapline.yaml");
}

// Mailgun signs a token and not the mail, and a token is spent by brand: whoever has one could send
// each brand of the connection a mail of their own.
void check_mailgun(const GatewayDraft& gateway, const std::vector<BrandDraft>& drafts,
                   Report& report) {
    if (std::count_if(drafts.begin(), drafts.end(), has_address) < 2) return;
    for (const auto& [name, connection] : gateway.config.connections) {
        if (connection.provider != "mailgun" || gateway.connection_brand_at.contains(name))
            continue;
        report.error(
            gateway.connection_at.at(name),
            "connection " + shown(name) +
                " of mailgun must belong to one brand, since Mailgun signs no mail and more "
                "than one brand has an address; add \"brand\", and a connection for each "
                "other brand");
    }
}

void check_connections(const GatewayDraft& gateway, const std::vector<BrandDraft>& drafts,
                       const Names& brands, Report& report) {
    std::set<std::string> used;
    bool complete = true;
    const bool any_address = std::any_of(drafts.begin(), drafts.end(), has_address);
    for (const BrandDraft& draft : drafts) {
        complete = complete && draft.complete;
        for (const auto& [name, profile] : draft.brand.profiles) {
            used.insert(profile.connection);
            check_account(gateway, draft, profile, report);
            check_owner(gateway, draft, profile.connection, draft.at("profile connection", name),
                        report);
        }
        for (const auto& [number, line] : draft.brand.lines) {
            used.insert(line.connection);
            check_owner(gateway, draft, line.connection, draft.at("line connection", number),
                        report);
        }
    }
    complete = complete && drafts.size() == brands.all.size();
    for (const auto& [name, connection] : gateway.config.connections) {
        const auto pin = gateway.connection_brand_at.find(name);
        if (pin != gateway.connection_brand_at.end()) {
            check_name("brand", connection.brand, pin->second, brands, report);
        } else if (is_mail_provider(connection.provider) && any_address) {
            continue;
        } else if (complete && !used.contains(name)) {
            report.warning(gateway.connection_at.at(name),
                           "connection " + shown(name) +
                               " is not used; name it in a profile or line, or remove it");
        }
    }
}

// One Meta app has one secret for all of its products, and each product has a URL of its own.
bool is_one_meta_app(const Connection& one, const Connection& other) {
    const auto of_meta = [](const Connection& connection) {
        return connection.provider == "instagram" || connection.provider == "messenger" ||
               connection.provider == "whatsapp";
    };
    return of_meta(one) && of_meta(other) && one.provider != other.provider;
}

// Whoever knows the secret of one connection can sign for every other that has it.
void warn_of_shared_secrets(const GatewayDraft& gateway, Report& report) {
    std::map<std::string, std::string> owners;
    for (const auto& [name, connection] : gateway.config.connections) {
        for (const std::string& secret : connection.secrets) {
            if (secret.empty()) continue;
            const auto [first, added] = owners.emplace(secret, name);
            if (added || first->second == name) continue;
            if (is_one_meta_app(connection, gateway.config.connections.at(first->second))) continue;
            report.warning(gateway.connection_at.at(name),
                           "connection " + shown(name) + " has a secret of connection " +
                               shown(first->second) +
                               "; what is signed for one is accepted by the other, so give each "
                               "its own, or make them one connection");
        }
    }
}

}  // namespace

void check_across(const GatewayDraft& gateway, const std::vector<BrandDraft>& drafts,
                  const Names& brands, Report& report) {
    Claims accounts;
    Claims lines;
    Claims addresses;
    Claims keys;
    for (const BrandDraft& draft : drafts) {
        for (const auto& [name, profile] : draft.brand.profiles) {
            claim_account(draft, profile, accounts, report);
        }
        for (const auto& [number, line] : draft.brand.lines) {
            claim_line(draft, line, lines, report);
        }
        for (const auto& [name, button] : draft.brand.buttons) {
            claim_address(draft, button, addresses, report);
        }
        for (const BrandSecret& key : draft.brand.signing_secrets) {
            claim_key(draft, key, "signing secret", keys, report);
        }
        for (const BrandSecret& key : draft.brand.api_keys) {
            claim_key(draft, key, "API key", keys, report);
        }
    }
    const std::string& mail_brand = gateway.config.mail.brand;
    if (!mail_brand.empty()) {
        check_name("brand", mail_brand, gateway.mail_brand_at, brands, report);
    }
    check_connections(gateway, drafts, brands, report);
    check_mailgun(gateway, drafts, report);
    warn_of_shared_secrets(gateway, report);
    for (const BrandDraft& draft : drafts) {
        check_windows(gateway, draft, report);
        check_auth(gateway, draft, report);
    }
}

}  // namespace tapline
