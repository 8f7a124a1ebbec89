#include "gateway/intake/heard.h"

#include <algorithm>
#include <charconv>

namespace tapline {

namespace {

constexpr std::int64_t kVersion = 1;
constexpr Milliseconds kWeek = std::chrono::hours(7 * 24);

std::optional<std::int64_t> take_number(std::string_view& text, std::string_view separators) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return number;
    if (separators.find(text.front()) == std::string_view::npos) return std::nullopt;
    text.remove_prefix(1);
    return number;
}

}  // namespace

std::string_view to_string(HeardKind kind) {
    constexpr std::array<std::string_view, 7> kNames = {
        "connection", "profile", "button", "handshake", "watched", "events", "mail"};
    return kNames.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(HeardState state) {
    constexpr std::array<std::string_view, 4> kNames = {"never", "learning", "heard", "quiet"};
    return kNames.at(static_cast<std::size_t>(state));
}

std::string heard_field(HeardKind kind, std::string_view name) {
    std::string field(to_string(kind));
    field.append(" ").append(name);
    return field;
}

void Heard::add(const KeyView& key, const Span& more) {
    const std::lock_guard lock(mutex_);
    auto found = spans_.find(key);
    if (found == spans_.end()) {
        const auto& [brand, kind, name] = key;
        found = spans_.emplace(Key(brand, kind, name), Span{}).first;
    }
    Span& span = found->second;
    span.first = span.events == 0 ? more.first : std::min(span.first, more.first);
    span.last = std::max(span.last, more.last);
    span.events += more.events;
}

void Heard::note(std::string_view brand, HeardKind kind, std::string_view name, Time when) {
    if (!name.empty()) add({brand, kind, name}, {when, when, 1});
}

void Heard::put_back(const HeardNote& note) {
    add({note.brand, note.kind, note.name}, {note.first, note.last, note.events});
}

std::vector<HeardNote> Heard::take() {
    std::vector<HeardNote> taken;
    const std::lock_guard lock(mutex_);
    for (auto& [key, span] : spans_) {
        if (span.events == 0) continue;
        const auto& [brand, kind, name] = key;
        taken.push_back({brand, kind, name, span.first, span.last, span.events});
        span = Span{};
    }
    return taken;
}

void HeardRecord::add(const HeardNote& note) {
    const auto silence = [this](Time from, Time until) {
        if (until <= from) return;
        const std::int64_t number = until.time_since_epoch() / kWeek;
        const auto found = std::find_if(weeks.begin(), weeks.end(),
                                        [&](const Week& week) { return week.number == number; });
        if (found != weeks.end()) {
            found->longest = std::max(found->longest, until - from);
            return;
        }
        weeks.push_back({number, until - from});
        std::sort(weeks.begin(), weeks.end(),
                  [](const Week& a, const Week& b) { return a.number < b.number; });
        if (weeks.size() > kWeeks) weeks.erase(weeks.begin());
    };
    if (events == 0) {
        first = note.first;
        last = note.first;
    }
    silence(last, note.first);
    silence(std::max(last, note.first), note.last);
    first = std::min(first, note.first);
    last = std::max(last, note.last);
    events += note.events;
}

std::optional<Milliseconds> HeardRecord::usual_longest() const {
    if (weeks.empty()) return std::nullopt;
    std::vector<Milliseconds> longest;
    for (const Week& week : weeks) longest.push_back(week.longest);
    std::sort(longest.begin(), longest.end());
    return longest[longest.size() / 2];
}

std::string pack(const HeardRecord& record) {
    std::string packed = std::to_string(kVersion) + ' ' + std::to_string(to_ms(record.first)) +
                         ' ' + std::to_string(to_ms(record.last)) + ' ' +
                         std::to_string(record.events);
    for (const HeardRecord::Week& week : record.weeks) {
        packed += ' ' + std::to_string(week.number) + ':' + std::to_string(week.longest.count());
    }
    return packed;
}

std::optional<HeardRecord> unpack_heard(std::string_view packed) {
    HeardRecord record;
    const auto version = take_number(packed, " ");
    const auto first = take_number(packed, " ");
    const auto last = take_number(packed, " ");
    const auto events = take_number(packed, " ");
    if (version != kVersion || !first || !last || !events || *events < 1) return std::nullopt;
    record.first = from_ms(*first);
    record.last = from_ms(*last);
    record.events = *events;
    while (!packed.empty()) {
        const auto number = take_number(packed, ":");
        const auto longest = take_number(packed, " ");
        if (!number || !longest || record.weeks.size() == HeardRecord::kWeeks) return std::nullopt;
        record.weeks.push_back({*number, Milliseconds(*longest)});
    }
    return record;
}

HeardState judge(const std::optional<HeardRecord>& record, Time now) {
    if (!record) return HeardState::never;
    const auto usual = record->usual_longest();
    const bool has_past = record->events >= kLeastEvents && now - record->first >= kLeastPast;
    if (!has_past || !usual) return HeardState::learning;
    const Milliseconds silence = now - record->last;
    return silence > std::max(*usual * kTolerance, kLeastSilence) ? HeardState::quiet
                                                                  : HeardState::heard;
}

}  // namespace tapline
