// When each connection, profile and button was last heard, and how long it is usually silent: what
// tells a quiet Sunday from a subscription that was switched off.
//
// `Heard` is written by the accept path (one lock and one look-up a name, nothing of Redis); once a
// second the steward adds what it holds to the brand's record in Redis, so that all gateways and
// restarts share one past (gateway/steward/channels.h):
//
//     tapline:{acme}:heard   hash: "since" -> ms, "button ig-dm" -> packed record, ...
//     record                 1 first_at last_at events week:longest week:longest ...
//
// Times are ms since 1970; `week` counts whole weeks since then, `longest` is the longest silence
// in ms that ended in it. Fields are separated by a space. A record with another version or a field
// that is no number reads as nothing: its past begins anew.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "gateway/clock.h"

namespace tapline {

// handshake: the provider asked for one and was answered. watched: when a connection was first seen
// whose provider repeats its handshake. events: what a brand's own apps send, by the brand's name.
// mail: what this machine's mail server hands over.
enum class HeardKind { connection, profile, button, handshake, watched, events, mail };
std::string_view to_string(HeardKind kind);

// What was heard of one name since it was last taken.
struct HeardNote {
    std::string brand;  // redis::kNoBrand for connections, handshakes and mail
    HeardKind kind = HeardKind::connection;
    std::string name;
    Time first{};
    Time last{};
    std::int64_t events = 0;
};

// The field of the hash that a name has: "button ig-dm".
std::string heard_field(HeardKind kind, std::string_view name);

// Thread-safe. Names come from the config, so their number is bounded.
class Heard {
  public:
    // An empty name is nobody's and is not noted.
    void note(std::string_view brand, HeardKind kind, std::string_view name, Time when);
    // All that was noted since the last call.
    std::vector<HeardNote> take();
    // Notes that could not be kept are heard again.
    void put_back(const HeardNote& note);

  private:
    struct Span {
        Time first{};
        Time last{};
        std::int64_t events = 0;
    };
    using Key = std::tuple<std::string, HeardKind, std::string>;
    using KeyView = std::tuple<std::string_view, HeardKind, std::string_view>;
    struct Less {  // compares without making strings
        using is_transparent = void;
        static KeyView view(const Key& key) {
            return {std::get<0>(key), std::get<1>(key), std::get<2>(key)};
        }
        static const KeyView& view(const KeyView& key) { return key; }
        template <class A, class B>
        bool operator()(const A& a, const B& b) const {
            return view(a) < view(b);
        }
    };
    void add(const KeyView& key, const Span& more);

    std::mutex mutex_;
    std::map<Key, Span, Less> spans_;
};

struct HeardRecord {
    struct Week {
        std::int64_t number = 0;
        Milliseconds longest{0};
    };
    static constexpr std::size_t kWeeks = 4;

    Time first{};
    Time last{};
    std::int64_t events = 0;
    std::vector<Week> weeks;  // those in which a silence ended, oldest first; at most kWeeks

    // Events between two notes count as heard at the note's two ends.
    void add(const HeardNote& note);
    // The silence that is usual: the median of the weeks' longest ones, and of an even number the
    // longer one in the middle, so that one outage in a month is not taken for usual.
    std::optional<Milliseconds> usual_longest() const;
};
std::string pack(const HeardRecord& record);
std::optional<HeardRecord> unpack_heard(std::string_view packed);

// never: in the config and not heard yet. learning: less than kLeastEvents or less than kLeastPast
// of a past. quiet: silent for more than kTolerance times what is usual, and for more than
// kLeastSilence.
enum class HeardState { never, learning, heard, quiet };
std::string_view to_string(HeardState state);
inline constexpr std::int64_t kLeastEvents = 8;
inline constexpr Milliseconds kLeastPast = std::chrono::hours(7 * 24);  // one weekend is in it
inline constexpr Milliseconds kLeastSilence = std::chrono::hours(1);
inline constexpr int kTolerance = 2;
HeardState judge(const std::optional<HeardRecord>& record, Time now);

}  // namespace tapline
