// What the adapters of the Meta family share: the items of one request, their ids, their times and
// the platform's reply window. Pure; safe from any thread.
//
// A request holds entry[] of several accounts, and each entry several items. Every item becomes an
// event of its own; one that cannot be read leaves the others alone.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/json.h"
#include "adapters/source.h"
#include "adapters/sources/frame.h"

namespace tapline::meta {

inline constexpr std::size_t kIdBytesMax = 512;
inline constexpr std::size_t kItemsMax = 2000;  // Meta sends up to 1000 in one request

// entry.id of what the "Test" button of Meta's dashboard sends.
inline constexpr std::string_view kDashboardTestEntry = "0";

// How long a brand may write after its customer did. The shorter one holds for all of Meta's
// messaging; the longer one where a person answers under the tag HUMAN_AGENT, which Meta allows an
// app after review, and which WhatsApp does not have.
// https://developers.facebook.com/docs/messenger-platform/policy/policy-overview
// https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
inline constexpr std::chrono::hours kReplyWindow{24};
inline constexpr std::chrono::hours kHumanAgentWindow{7 * 24};

// Who comments on a post may be written to in private for seven days, once; who comments on a live
// video only while it runs.
// https://developers.facebook.com/documentation/instagram-platform/private-replies
inline constexpr std::chrono::hours kPrivateReplyWindow{7 * 24};

// Where the products of the family differ in what they write alike.
struct Product {
    std::string_view provider;   // of the registry
    std::string_view reply_how;  // of direct messages
};

// What the items of one entry share.
struct Entry {
    const Product& product;
    std::string account;
    std::optional<Time> time;
    const SourceSecrets& secrets;
    Time now;
};

// The error names the member and what it must be.
using ItemEvent = tl::expected<Event, std::string>;

// Numbers and strings, seconds and milliseconds, ISO 8601: all are on record.
std::optional<Time> time_of(const json::MaybeValue& value);

// An id made of what identifies a thing that Meta gives none: "referral:" and 40 hex characters.
std::string made_id(std::string_view kind, std::initializer_list<std::string_view> parts);

// An id as Meta gives it, or a mistake: "/entry/0/messaging/1/message/mid: must be ...".
ItemEvent id_mistake(std::string_view path);
bool is_id(std::string_view id);

// An event of this account with everything but kind, type and id. Without a time of its own it has
// the entry's, else that of its arrival.
Event event_of(const Entry& entry, std::optional<Time> time);

// Sets `reply_before` to `window` after the event; not where nothing tells when that was.
void set_window(const Entry& entry, std::optional<Time> time, std::chrono::seconds window,
                Event& event);
// What the connection says, else kReplyWindow.
std::chrono::seconds reply_window(const SourceSecrets& secrets);

// A direct message to this account, answered to `person`, with its window. The id is still empty.
Event contact_of(const Entry& entry, const std::string& person, std::optional<Time> time);
// A fact that asks for nothing.
Event recorded_of(const Entry& entry, std::optional<Time> time, std::string type, std::string id);

// The items of one request in their order, each with the value that it was read from.
class ItemList {
  public:
    // What stands around the values that are added from now on, within what did; until `leave` is
    // given what `enter` returned.
    using Outer = std::shared_ptr<const Frame>;
    Outer enter(std::string_view before, std::string_view after) {
        return std::exchange(frame_, std::make_shared<const Frame>(inside(*frame_, before, after)));
    }
    void leave(Outer outer) { frame_ = std::move(outer); }
    void add(const json::Value& value, ItemEvent event);
    // Each element of `list`, which stands at `path` of `holder`: `read(element, its path)` makes
    // the event. `beside` is what an element needs of the holder (see frame.h).
    // Nothing when there is no list, a mistake of the holder when it is something else.
    template <class Read>
    void add_each(const json::Value& holder, const json::MaybeValue& list, const std::string& path,
                  const std::string& beside, Read&& read) {
        const auto array = json::array_of(list);
        if (list && !array) return add(holder, tl::unexpected(path + ": must be a list"));
        if (!array) return;
        const std::string name = json::quoted(path.substr(path.rfind('/') + 1));
        Outer outer = enter('{' + beside + name + ":[", "]}");
        std::size_t at = 0;
        for (const json::Value& element : *array) {
            if (is_over_full()) break;
            add(element, read(element, path + '/' + std::to_string(at++)));
        }
        leave(std::move(outer));
    }
    bool is_over_full() const { return parsed_.size() > kItemsMax; }

    // Error bad_request: more than kItemsMax. The items of a request of several get bytes of their
    // own, each a request of one; those of a single one are the body.
    Result<std::vector<ParsedItem>> take();

  private:
    std::vector<ParsedItem> parsed_;
    std::vector<json::Value> values_;
    std::vector<Outer> frames_;
    Outer frame_ = std::make_shared<const Frame>();
};

}  // namespace tapline::meta
