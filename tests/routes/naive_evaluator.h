// The routing language once more, in the plainest words: what `first_match` is compared with.
//
// It shares no code with it, nor with what it is made of. It knows texts of ASCII words with single
// spaces between them, hours in UTC without special days, and the patterns of kNaivePatterns.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "routes/brand.h"
#include "routes/customer_facts.h"
#include "routes/place.h"
#include "routes/situation.h"

namespace tapline {

// Patterns, and what of a text they ask: to begin, end or go on with these bytes.
struct NaivePattern {
    enum class Where { begin, end, anywhere, anywhere_in_any_case };

    const char* written;
    Where where;
    const char* bytes;
};
inline const NaivePattern kNaivePatterns[] = {
    {"Red", NaivePattern::Where::anywhere, "Red"},
    {"ed bl", NaivePattern::Where::anywhere, "ed bl"},
    {"dog\\nred", NaivePattern::Where::anywhere, "dog\nred"},
    {"^blue", NaivePattern::Where::begin, "blue"},
    {"cat$", NaivePattern::Where::end, "cat"},
    {"(?i)bluec?", NaivePattern::Where::anywhere_in_any_case, "blue"},
};

class NaiveEvaluator {
  public:
    NaiveEvaluator(const Brand& its_brand, const Event& its_event, const Place& its_place,
                   const CustomerFacts& its_customer, const Situation& its_situation, Time its_now)
        : brand(its_brand),
          event(its_event),
          place(its_place),
          customer(its_customer),
          situation(its_situation),
          now(its_now) {}

    const Route& route() const {
        for (const Route& one : brand.routes) {
            if (is_met(one.when)) return one;
        }
        return brand.routes.back();
    }

    bool is_met(const When& w) const {
        return listed(w.source, place.source) && listed(w.profile, place.profile) &&
               channel_listed(w) && listed(w.button, place.button) &&
               listed(w.campaign, place.campaign) && listed(w.line, event.line) &&
               within(w.region, place.region) && within(w.language, language()) &&
               listed(w.auth, event.auth) && said(w) && written(w) && attributed(w) &&
               known_enough(w) && often_enough(w) && open_enough(w) && in_tables(w) &&
               switched(w) && in_time(w) && nested(w);
    }

  private:
    using Strings = std::vector<std::string>;

    static std::string lower(std::string text) {
        for (char& c : text) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        }
        return text;
    }

    static Strings split(const std::string& text) {
        Strings words{""};
        for (const char c : text) {
            if (c == ' ') {
                words.emplace_back();
            } else {
                words.back() += c;
            }
        }
        return words;
    }

    static bool listed(const Strings& wanted, const std::string& value) {
        if (wanted.empty()) return true;
        if (value.empty()) return false;
        for (const std::string& one : wanted) {
            if (one == value) return true;
        }
        return false;
    }

    static bool within(const Strings& wanted, const std::string& value) {
        if (wanted.empty()) return true;
        for (const std::string& one : wanted) {
            if (one == value || value.substr(0, one.size() + 1) == one + "-") return true;
        }
        return false;
    }

    bool channel_listed(const When& w) const {
        for (const Channel one : w.channel) {
            if (one == event.channel) return true;
        }
        return w.channel.empty();
    }

    std::string language() const {
        if (!event.language.empty()) return event.language;
        return place.language.empty() ? "unknown" : place.language;
    }

    // Whether the words of the pattern stand one after the other.
    static bool phrase_in(std::string pattern, const std::string& text) {
        const bool is_prefix = pattern.back() == '*';
        if (is_prefix) pattern.pop_back();
        const Strings wanted = split(lower(pattern));
        const Strings words = split(lower(text));
        for (std::size_t at = 0; at + wanted.size() <= words.size(); ++at) {
            bool same = true;
            for (std::size_t i = 0; i < wanted.size(); ++i) {
                const bool last = i + 1 == wanted.size();
                const std::string& word = words[at + i];
                same = same && (last && is_prefix ? word.substr(0, wanted[i].size()) == wanted[i]
                                                  : word == wanted[i]);
            }
            if (same) return true;
        }
        return false;
    }

    bool said(const When& w) const {
        for (const WordPattern& one : w.text) {
            if (phrase_in(one.written(), event.subject)) return true;
            if (phrase_in(one.written(), event.text)) return true;
        }
        return w.text.empty();
    }

    bool written(const When& w) const {
        for (const Pattern& one : w.pattern) {
            if (is_like(one.written(), event.subject + "\n" + event.text)) return true;
        }
        return w.pattern.empty();
    }

    static bool is_like(const std::string& pattern, const std::string& text) {
        for (const NaivePattern& one : kNaivePatterns) {
            if (one.written != pattern) continue;
            const std::string bytes = one.bytes;
            switch (one.where) {
                case NaivePattern::Where::begin:
                    return text.substr(0, bytes.size()) == bytes;
                case NaivePattern::Where::end:
                    return text.size() >= bytes.size() &&
                           text.substr(text.size() - bytes.size()) == bytes;
                case NaivePattern::Where::anywhere:
                    return text.find(bytes) != std::string::npos;
                case NaivePattern::Where::anywhere_in_any_case:
                    return lower(text).find(bytes) != std::string::npos;
            }
        }
        std::abort();  // a pattern that it does not know
    }

    bool attributed(const When& w) const {
        for (const AttributionCondition& condition : w.attribution) {
            bool found = false;
            for (const auto& [name, value] : event.attribution) {
                if (value.empty() || lower(name) != lower(condition.field)) continue;
                for (const std::string& one : condition.values) {
                    found = found || one == "*" || lower(one) == lower(value);
                }
            }
            if (!found) return false;
        }
        return true;
    }

    bool known_enough(const When& w) const {
        return !w.customer_known || *w.customer_known == customer.known;
    }

    bool often_enough(const When& w) const {
        if (!w.contacts) return true;
        int count = 0;
        for (const Time one : customer.recent) {
            if (now - one <= w.contacts->within) ++count;
        }
        return count >= w.contacts->at_least;
    }

    bool open_enough(const When& w) const {
        if (!w.open_journey) return true;
        return customer.open_journey && now - customer.open_journey->last_at <= *w.open_journey;
    }

    bool in_tables(const When& w) const {
        const Customer& person = event.customer;
        for (const std::string& name : w.customer_in) {
            if (brand.tables.count(name) == 0) continue;
            for (const std::string& row : brand.tables.at(name).values) {
                if (row.empty()) continue;
                if (row == person.phone || row == person.platform_id) return true;
                if (row == lower(person.email)) return true;
                const bool marked = person.handle.substr(0, 1) == "@";
                if (row == (marked ? "" : "@") + lower(person.handle)) return true;
            }
        }
        return w.customer_in.empty();
    }

    bool switched(const When& w) const {
        for (const std::string& name : w.switches) {
            for (const auto& [on, state] : situation.switches) {
                if (on == name && now < state.until && within(state.regions, place.region)) {
                    return true;
                }
            }
        }
        return w.switches.empty();
    }

    bool in_time(const When& w) const {
        for (const std::string& name : w.time) {
            if (brand.hours.count(name) != 0 && is_open_now(brand.hours.at(name))) return true;
        }
        return w.time.empty();
    }

    // By the minute of the week, Sunday first: the first of January 1970 was a Thursday.
    bool is_open_now(const Hours& hours) const {
        constexpr std::int64_t kDay = 24 * 60;
        const std::int64_t minutes = now.time_since_epoch().count() / 60'000;
        const std::int64_t minute = (minutes + 4 * kDay) % (7 * kDay);
        for (std::int64_t day = 0; day < 7; ++day) {
            for (const OpenInterval& one : hours.days.at(static_cast<std::size_t>(day))) {
                for (const std::int64_t week : {minute, minute + 7 * kDay}) {
                    const std::int64_t at = week - day * kDay;
                    if (one.from.count() <= at && at < one.until.count()) return true;
                }
            }
        }
        return false;
    }

    bool nested(const When& w) const {
        bool any = w.any.empty();
        for (const When& one : w.any) any = any || is_met(one);
        bool all = true;
        for (const When& one : w.all) all = all && is_met(one);
        bool none = true;
        for (const When& one : w.none) none = none && !is_met(one);
        return any && all && none;
    }

    const Brand& brand;
    const Event& event;
    const Place& place;
    const CustomerFacts& customer;
    const Situation& situation;
    const Time now;
};

}  // namespace tapline
