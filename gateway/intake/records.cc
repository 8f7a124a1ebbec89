#include "gateway/intake/records.h"

#include <array>
#include <charconv>

#include "gateway/intake/facts.h"

namespace tapline {

namespace {

constexpr std::string_view kVersion = "1";

void put(std::string& packed, std::string_view field) {
    packed += '\t';
    const std::size_t begin = packed.size();
    packed += field;
    for (std::size_t i = begin; i < packed.size(); ++i) {
        if (packed[i] == '\t' || packed[i] == '\n' || packed[i] == '\r') packed[i] = ' ';
    }
}

void put(std::string& packed, const std::optional<Time>& time) {
    put(packed, time ? std::to_string(to_ms(*time)) : std::string());
}

// Splits into N fields, of which the first `least` must stand; the last one is the rest.
template <std::size_t N>
std::optional<std::array<std::string_view, N>> split(std::string_view packed,
                                                     std::size_t least = N) {
    std::array<std::string_view, N> fields;
    for (std::size_t i = 0; i < N; ++i) {
        const auto tab = i + 1 < N ? packed.find('\t') : std::string_view::npos;
        fields[i] = packed.substr(0, tab);
        if (tab == std::string_view::npos) {
            if (i + 1 < least || fields[0] != kVersion) return std::nullopt;
            break;
        }
        packed.remove_prefix(tab + 1);
    }
    return fields;
}

std::optional<Time> time_of(std::string_view field) {
    std::int64_t ms = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), ms);
    if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
    return from_ms(ms);
}

int number_of(std::string_view field) {
    int number = 0;
    std::from_chars(field.data(), field.data() + field.size(), number);
    return number;
}

std::string seconds_of(const std::vector<Time>& times) {
    std::string joined;
    for (const Time time : times) {
        if (!joined.empty()) joined += ',';
        joined += std::to_string(to_ms(time) / 1000);
    }
    return joined;
}

std::vector<Time> times_of(std::string_view joined) {
    std::vector<Time> times;
    while (!joined.empty() && times.size() < kRecentContactsMax) {
        const std::size_t comma = joined.find(',');
        if (const auto time = time_of(joined.substr(0, comma))) {
            times.push_back(Time{std::chrono::seconds(to_ms(*time))});
        }
        joined.remove_prefix(comma == std::string_view::npos ? joined.size() : comma + 1);
    }
    return times;
}

std::string packed_post(const std::optional<PublicPost>& post) {
    if (!post) return {};
    std::string packed;
    for (const std::string* word : {&post->url, &post->reply.how, &post->reply.account}) {
        const bool is_word = !word->empty() && word->find(' ') == std::string::npos;
        packed.append(is_word ? *word : "-").append(" ");
    }
    return packed + post->reply.to;
}

}  // namespace

std::string pack(const Mark& mark) {
    std::string packed(kVersion);
    put(packed, mark.state);
    put(packed, mark.number);
    put(packed, mark.queue);
    put(packed, mark.route);
    put(packed, mark.due_at);
    put(packed, mark.body_hash);
    packed += '\t';
    packed += mark.reply;
    return packed;
}

std::optional<Mark> unpack_mark(std::string_view packed) {
    const auto fields = split<8>(packed);
    if (!fields) return std::nullopt;
    const auto& f = *fields;
    return Mark{std::string(f[1]), std::string(f[2]), std::string(f[3]), std::string(f[4]),
                time_of(f[5]),     std::string(f[6]), std::string(f[7])};
}

std::optional<PublicPost> unpack_public_post(std::string_view packed) {
    if (packed.empty()) return std::nullopt;
    PublicPost post;
    for (std::string* word : {&post.url, &post.reply.how, &post.reply.account}) {
        const std::size_t space = packed.find(' ');
        if (packed.substr(0, space) != "-") *word = packed.substr(0, space);
        packed.remove_prefix(space == std::string_view::npos ? packed.size() : space + 1);
    }
    post.reply.to = packed;
    return post;
}

std::string pack(const JourneyRecord& record) {
    const Journey& journey = record.journey;
    std::string packed(kVersion);
    put(packed, journey.founder);
    put(packed, std::optional(journey.started_at));
    put(packed, journey.source);
    put(packed, journey.profile);
    put(packed, journey.button);
    put(packed, journey.campaign);
    put(packed, journey.campaign_by);
    put(packed, journey.queue);
    put(packed, record.route);
    put(packed, std::to_string(journey.contacts));
    put(packed, std::optional(record.last_at));
    put(packed, journey.last_outcome);
    put(packed, record.attribution);
    put(packed, record.replied_at);
    put(packed, packed_post(record.public_post));
    put(packed, record.closed_publicly);
    put(packed, record.customer);
    return packed;
}

std::optional<JourneyRecord> unpack_journey(TrackingNumber number, std::string_view packed) {
    const auto fields = split<19>(packed, 14);
    if (!fields) return std::nullopt;
    const auto& f = *fields;
    JourneyRecord record;
    Journey& journey = record.journey;
    journey.number = number;
    journey.founder = f[1];
    journey.started_at = time_of(f[2]).value_or(Time{});
    journey.source = f[3];
    journey.profile = f[4];
    journey.button = f[5];
    journey.campaign = f[6];
    journey.campaign_by = f[7];
    journey.queue = f[8];
    record.route = f[9];
    journey.contacts = number_of(f[10]);
    record.last_at = time_of(f[11]).value_or(Time{});
    journey.last_outcome = f[12];
    record.attribution = f[13];
    record.replied_at = time_of(f[14]);
    record.public_post = unpack_public_post(f[15]);
    record.closed_publicly = f[16];
    record.customer = f[17];
    return record;
}

JourneyRecord found_journey(std::string_view founder, const Event& event, const Place& place,
                            Time now) {
    JourneyRecord record;
    Journey& journey = record.journey;
    journey.founder = founder;
    journey.started_at = now;
    journey.source = place.source;
    journey.profile = place.profile;
    journey.button = place.button;
    journey.campaign = place.campaign;
    journey.campaign_by = place.campaign_by;
    record.last_at = now;
    record.attribution = pack_attribution(event.attribution);
    if (event.is_public) record.public_post = PublicPost{event.post_url, event.reply};
    return record;
}

void count_contact(JourneyRecord& record, const Decision& decision) {
    record.journey.contacts += 1;
    // Who is suppressed is on no queue: whoever had the journey keeps it.
    const bool is_nowhere = decision.state == Decision::State::suppressed;
    if (is_nowhere && !record.journey.queue.empty()) return;
    record.journey.queue = decision.queue;
    record.route = decision.route;
}

std::string pack(const CustomerRecord& record) {
    std::string packed(kVersion);
    put(packed, std::to_string(record.contacts));
    put(packed, std::optional(record.last_at));
    put(packed, record.open_number);
    put(packed, record.open_since);
    put(packed, record.last_outcome);
    put(packed, record.thread_ref);
    put(packed, std::optional(record.thread_ref_at));
    put(packed, record.thread_attribution);
    put(packed, seconds_of(record.recent));
    put(packed, record.latest_number);
    return packed;
}

std::optional<CustomerRecord> unpack_customer(std::string_view packed) {
    const auto fields = split<12>(packed, 8);
    if (!fields) return std::nullopt;
    const auto& f = *fields;
    CustomerRecord record;
    record.contacts = number_of(f[1]);
    record.last_at = time_of(f[2]).value_or(Time{});
    record.open_number = f[3];
    record.open_since = time_of(f[4]);
    record.last_outcome = f[5];
    record.thread_ref = f[6];
    record.thread_ref_at = time_of(f[7]).value_or(Time{});
    record.thread_attribution = f[8];
    record.recent = times_of(f[9]);
    record.latest_number = f[10];
    return record;
}

void count_contact(CustomerRecord& record, TrackingNumber number, Time now) {
    record.contacts += 1;
    record.last_at = now;
    record.recent.insert(record.recent.begin(), now);
    if (record.recent.size() > kRecentContactsMax) record.recent.pop_back();
    record.latest_number = number.compact();
    if (!record.open_number.empty()) return;
    record.open_number = number.display();
    record.open_since = now;
}

CustomerFacts facts_of(const std::optional<CustomerRecord>& record) {
    if (!record) return {};
    return CustomerFacts{
        true,          record->contacts, record->last_at, record->open_since, record->last_outcome,
        record->recent};
}

}  // namespace tapline
