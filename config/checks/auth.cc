// Whether a proof that a route asks for can come: what the connections and keys of a brand give.
#include <algorithm>
#include <set>

#include "config/checks/cross.h"

namespace tapline {

namespace {

using Proofs = std::set<std::string>;

void add_proofs(const Connection& connection, Proofs& proofs) {
    if (connection.accepts_unsigned || connection.provider == "web") proofs.insert("none");
    const bool by_password = connection.provider == "postmark" ||
                             (connection.provider == "sendgrid" && connection.public_keys.empty());
    if (connection.provider == "web") return;
    proofs.insert(by_password ? "basic_auth" : "signature");
}

Proofs proofs_of(const GatewayDraft& gateway, const Brand& brand) {
    Proofs proofs;
    for (const auto& [name, connection] : gateway.config.connections) {
        if (connection.brand.empty() || connection.brand == brand.name) {
            add_proofs(connection, proofs);
        }
    }
    if (!gateway.config.mail.listen.empty()) proofs.insert("none");
    if (!brand.api_keys.empty()) proofs.insert("api_key");
    if (!brand.signing_secrets.empty()) proofs.insert("signature");
    return proofs;
}

void collect(const When& when, Proofs& asked) {
    asked.insert(when.auth.begin(), when.auth.end());
    for (const auto* branches : {&when.any, &when.all, &when.none}) {
        for (const When& one : *branches) collect(one, asked);
    }
}

std::string mend_of(const std::string& proof) {
    if (proof == "none") return "every connection of the brand is signed";
    if (proof == "api_key") return "the brand has no API keys";
    if (proof == "basic_auth") return "no connection of the brand comes by a password";
    return "the brand has no connection and no key that signs";
}

}  // namespace

void check_auth(const GatewayDraft& gateway, const BrandDraft& draft, Report& report) {
    const Proofs possible = proofs_of(gateway, draft.brand);
    for (const Route& route : draft.brand.routes) {
        Proofs asked;
        collect(route.when, asked);
        for (const std::string& proof : asked) {
            if (possible.contains(proof)) continue;
            report.error(draft.at("route", route.name),
                         "route " + shown(route.name) + " asks for auth " + shown(proof) +
                             ", and " + mend_of(proof) + ", so it can never hold; remove it");
        }
    }
}

}  // namespace tapline
