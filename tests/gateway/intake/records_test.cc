#include "gateway/intake/records.h"

#include <doctest/doctest.h>

#include "gateway/clock.h"
#include "gateway/intake/facts.h"

using namespace tapline;

TEST_CASE("records: a mark comes back as it was packed, with tabs and lines in its reply") {
    Mark mark{"queued",
              "7K3-M9Q-2X4",
              "sales",
              "shoppers",
              from_ms(1'773'000'000'000),
              "cafe",
              "<Response>\n\t<Dial/></Response>"};
    const auto read = unpack_mark(pack(mark));
    REQUIRE(read);
    CHECK(read->state == mark.state);
    CHECK(read->number == mark.number);
    CHECK(read->queue == mark.queue);
    CHECK(read->route == mark.route);
    CHECK(read->due_at == mark.due_at);
    CHECK(read->body_hash == mark.body_hash);
    CHECK(read->reply == mark.reply);
}

TEST_CASE("records: what a stranger puts into a journey cannot move its fields") {
    JourneyRecord record;
    record.journey.founder = "founder";
    record.journey.campaign = "spring\tqueue\nroute";
    record.journey.contacts = 3;
    record.journey.last_outcome = "sale";
    record.attribution = "gclid=abc";
    const auto read = unpack_journey(TrackingNumber::from_bits(5), pack(record));
    REQUIRE(read);
    CHECK(read->journey.campaign == "spring queue route");
    CHECK(read->journey.contacts == 3);
    CHECK(read->journey.last_outcome == "sale");
    CHECK(read->attribution == "gclid=abc");
}

TEST_CASE("records: a customer comes back as packed; an unknown one is not known") {
    CustomerRecord record;
    record.contacts = 2;
    record.open_number = "7K3-M9Q-2X4";
    record.open_since = from_ms(1'773'000'000'000);
    record.thread_ref = "7K3M9Q2X4";
    record.thread_ref_at = from_ms(1'773'000'000'001);
    const auto read = unpack_customer(pack(record));
    REQUIRE(read);
    CHECK(read->contacts == 2);
    CHECK(read->open_since == record.open_since);
    CHECK(read->thread_ref == record.thread_ref);
    CHECK(read->thread_ref_at == record.thread_ref_at);
    CHECK(facts_of(read).known);
    CHECK_FALSE(facts_of(std::nullopt).known);
}

TEST_CASE("records: what is not a record reads as nothing") {
    for (const std::string_view odd : {"", "1", "2\ta\tb\tc\td\te\tf\tg",
                                       "\t\t\t\t\t\t\t\t\t\t\t\t\t", "1\tqueued\tonly three"}) {
        CAPTURE(odd);
        CHECK_FALSE(unpack_mark(odd).has_value());
        CHECK_FALSE(unpack_journey(TrackingNumber::from_bits(0), odd).has_value());
        CHECK_FALSE(unpack_customer(odd).has_value());
    }
}

TEST_CASE("facts: a click's parameters survive the journey, and the event's own win") {
    const Fields click = {{"utm_campaign", "spring & summer"}, {"gclid", "A/b=c"}};
    Fields event = {{"utm_campaign", "winter"}};
    merge_attribution(event, pack_attribution(click));
    CHECK(event == Fields{{"utm_campaign", "winter"}, {"gclid", "A/b=c"}});
    CHECK(pack_attribution({{"long", std::string(5000, 'x')}}).empty());
}

TEST_CASE("facts: a journey keeps what its click said, not what its first message did") {
    const Fields first = {{"reply_to.story_id", "1"}, {"ctwa_clid", "Aff"},
                          {"media.id", "2"},          {"message.unsupported", "true"},
                          {"referral.ad_id", "3"},    {"post.kind", "comment"}};
    Fields later;
    merge_attribution(later, pack_attribution(first));
    CHECK(later == Fields{{"ctwa_clid", "Aff"}, {"referral.ad_id", "3"}});
}

TEST_CASE("facts: what fits of a long attribution is kept, click ids first, then utm") {
    const Fields click = {{"page.url", std::string(900, 'q')},
                          {"form.size", "M"},
                          {"twilio.from", "22000"},
                          {"utm_content", std::string(900, 'c')},
                          {"utm_source", "ig"},
                          {"page.title", "Plans"},
                          {"gclid", std::string(500, 'g')},
                          {"referral.ctwa_clid", std::string(500, 'w')}};
    Fields kept;
    merge_attribution(kept, pack_attribution(click));
    std::vector<std::string> names;
    for (const auto& [name, value] : kept) names.push_back(name);
    CHECK(names == std::vector<std::string>{"gclid", "referral.ctwa_clid", "utm_content",
                                            "utm_source", "page.title"});
}
