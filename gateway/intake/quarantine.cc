// Acceptor::quarantine: keeping what was authentic and could not be used.
#include <array>

#include "adapters/backends/stream.h"
#include "gateway/intake/acceptor.h"
#include "gateway/intake/facts.h"
#include "gateway/intake/script_answer.h"
#include "gateway/redis/keys.h"

namespace tapline {

using redis::Reply;

std::string quarantine_full_text(std::string_view brand) {
    const std::string key = redis::brand_key(brand, "quarantine");
    return key +
           " is full, so authentic events that cannot be used are refused with 503: look at it "
           "with XRANGE " +
           key + " - + COUNT 10, empty it with XTRIM " + key +
           " MAXLEN 0, or raise limits.quarantine_entries or limits.quarantine_bytes";
}

void Acceptor::quarantine(const Quarantined& item, Done done) const {
    const std::string now = std::to_string(to_ms(parts_.clock()));
    const std::string hash =
        keyed_hash(parts_.keys, "quarantine",
                   item.connection + "\n" + (item.identity.empty() ? item.raw : item.identity));
    Mark mark;
    mark.state = "quarantined";
    const std::string packed = pack(mark);
    const std::string life = std::to_string(kSeenLife.count());
    const std::size_t share = item.is_proven ? 1 : 2;
    const std::string most = std::to_string(item.entries_max / share);
    const std::string most_bytes = std::to_string(item.bytes_max / share);
    const std::string body = quarantine_fact_body(item.connection, item.reason);
    const std::array<std::string_view, 25> args = {packed,
                                                   life,
                                                   most,
                                                   most_bytes,
                                                   "10",
                                                   "fact",
                                                   "quarantined",
                                                   "id",
                                                   hash,
                                                   "tracking_number",
                                                   "",
                                                   "at",
                                                   now,
                                                   "body",
                                                   body,
                                                   "v",
                                                   kContractVersion,
                                                   "connection",
                                                   item.connection,
                                                   "provider",
                                                   item.provider,
                                                   "reason",
                                                   item.reason,
                                                   "raw",
                                                   item.raw};
    const std::array keys = {redis::seen_key(item.brand, hash),
                             redis::brand_key(item.brand, "quarantine"),
                             redis::brand_key(item.brand, "feed")};
    const std::vector<std::string_view> key_views(keys.begin(), keys.end());
    parts_.link->submit_script(
        quarantine_script_, key_views, args,
        [done = std::move(done), mark, brand = item.brand](Result<Reply> answered) {
            const auto reply = checked(std::move(answered));
            if (!reply) return done(tl::unexpected(reply.error()));
            const auto answer = text_at(*reply, 0);
            if (answer == "ok" || answer == "seen") return done(Accepted{answer == "seen", mark});
            if (answer == "full") return done(fail(ErrorCode::full, quarantine_full_text(brand)));
            done(tl::unexpected(odd_reply()));
        });
}

}  // namespace tapline
