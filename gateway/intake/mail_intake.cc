#include "gateway/intake/mail_intake.h"

#include <algorithm>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/sources/mail.h"
#include "gateway/intake/batch.h"
#include "gateway/intake/hooks.h"
#include "gateway/log.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

// Enough of an unclaimed mail to tell what it is.
constexpr std::size_t kQuarantinedBytesMax = 16u << 10;

std::string text_header(const http::Request& request, std::string_view name) {
    return percent_decode(request.header(name), PlusSign::literal).value_or("");
}

BatchItem unclaimed(const Config& config, const http::Request& request) {
    BatchItem item;
    Acceptor::Quarantined& kept = item.quarantine.emplace();
    kept.brand = config.mail.brand.empty() ? std::string(redis::kNoBrand) : config.mail.brand;
    kept.connection = kMailProvider;
    kept.provider = kMailProvider;
    kept.reason = "no brand has an email button with the address that was written to";
    kept.raw = request.body.substr(0, kQuarantinedBytesMax);
    kept.identity = sha256_hex(request.body);
    kept.entries_max = config.limits.quarantine_entries;
    kept.bytes_max = config.limits.quarantine_bytes;
    kept.is_proven = false;
    return item;
}

http::Response answer_of(const std::vector<Verdict>& verdicts) {
    const bool unsafe = std::any_of(verdicts.begin(), verdicts.end(), [](const Verdict& verdict) {
        return verdict.state == Verdict::State::unavailable;
    });
    if (unsafe) return try_later("the mail could not be stored; deliver it again");
    http::Response response{200, "text/plain; charset=utf-8", "accepted\n", {}, false};
    response.headers.emplace_back("X-Durability", "redis");
    return response;
}

void handle_mail(GatewayState& state, const http::Request& request, http::Responder responder) {
    const auto began = std::chrono::steady_clock::now();
    const std::string name(kMailProvider);
    const std::string recipient = text_header(request, kMailRecipientHeader);
    if (recipient.empty() || request.header_count(kMailSenderHeader) != 1) {
        state.metrics.refused.add(name, "request");
        return responder.send(http::problem(400, "Bad request", "sender or recipient is missing"));
    }
    const Time now = state.acceptor->parts().clock();
    state.heard.note(redis::kNoBrand, HeardKind::mail, name, now);
    Event event = delivered_mail_event(
        {request.body, text_header(request, kMailSenderHeader), recipient}, now);
    Connection connection;
    connection.name = name;
    const auto settings = state.settings();
    connection.brand = settings->config.mail.brand;
    const auto brand = settings->brands.find(connection, event);
    std::vector<BatchItem> items;
    if (brand) {
        items.emplace_back().job = AcceptJob{brand, std::move(event), {}};
    } else if (event.kind == EventKind::contact) {
        items.push_back(unclaimed(settings->config, request));
    } else {
        state.metrics.ignored.add(name, "no brand");
    }
    auto answered = std::make_shared<http::Responder>(std::move(responder));
    accept_batch(
        state, {name, request.id, began}, std::move(items),
        [answered](const std::vector<Verdict>& verdicts) { answered->send(answer_of(verdicts)); });
}

}  // namespace

http::UrlTable mail_urls(GatewayState& state) {
    http::UrlTable urls;
    urls.add({"POST", "/mail", kDeliveredBytesMax, "mail",
              [&state](const http::Request& request, http::Responder responder) {
                  handle_mail(state, request, std::move(responder));
              }});
    return urls;
}

}  // namespace tapline
