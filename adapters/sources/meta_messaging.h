// The envelope and the direct messages that Instagram and Messenger have in common. Pure; safe from
// any thread.
//
//     {"object":"page","entry":[{"id":"1048","time":1755779283123,"messaging":[
//       {"sender":{"id":"601"},"recipient":{"id":"1048"},"timestamp":1755779282001,
//        "message":{"mid":"m_a","text":"Is it in stock?"}}]}]}
//
// entry[] of several accounts, each with messaging[], standby[] or changes[]; with Business Login
// `field` and `value` stand in the entry itself. The account is entry.id: `object` may say "page"
// for Instagram accounts that are connected through Facebook Login.
//
// https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
// https://developers.facebook.com/docs/messenger-platform/instagram/features/webhook
#pragma once

#include <string>
#include <string_view>

#include "adapters/sources/meta_item.h"

namespace tapline::meta {

// One element of changes[] that is no message: comments, mentions, the page's feed.
using ReadChange = ItemEvent (*)(const Entry& entry, std::string_view field,
                                 const json::Value& value, const std::string& path);

// What one adapter reads. `object` is what the body must name; `also` a second name, or "".
struct Envelope {
    Product product;
    std::string_view object;
    std::string_view also;
    ReadChange change;
};

// Messages and postbacks of customers are contacts, also those without text: a like, a sticker, a
// kind that Meta does not pass on ("is_unsupported"). Echoes, deletions, reactions, receipts, lone
// referrals (the customer opened the thread and has said nothing), what another app's thread holds
// (standby) and whatever is unknown are recorded. Every recorded id has its kind in front, since
// Meta reuses the message's mid for them. Error bad_request: no such body as a whole.
Result<std::vector<ParsedItem>> parse_messaging(const Envelope& envelope,
                                                const SourceRequest& request,
                                                const SourceSecrets& secrets, Time now);

// A change that is only recorded, as "change.other".
Event other_change(const Entry& entry, std::string_view field, const json::Value& value);

// A made-up message, signed; `object` and `account` where the sample names none.
SignedRequest sign_messaging(const Sample& sample, const SourceSecrets& secrets,
                             std::string_view object, std::string_view account);

}  // namespace tapline::meta
