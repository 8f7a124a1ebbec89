#include "gateway/intake/records.h"

#include <algorithm>
#include <string>
#include <vector>

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

TEST_CASE("records: a suppressed contact does not take a journey from its queue") {
    JourneyRecord record;
    Decision decision;
    decision.queue = "sales";
    decision.route = "shoppers";
    count_contact(record, decision);
    decision.state = Decision::State::suppressed;
    decision.queue = "care";
    decision.route = "default";
    count_contact(record, decision);
    CHECK(record.journey.contacts == 2);
    CHECK(record.journey.queue == "sales");
    CHECK(record.route == "shoppers");
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
    record.thread_attribution = "referral.ad_id=9";
    const auto read = unpack_customer(pack(record));
    REQUIRE(read);
    CHECK(read->contacts == 2);
    CHECK(read->open_since == record.open_since);
    CHECK(read->thread_ref == record.thread_ref);
    CHECK(read->thread_ref_at == record.thread_ref_at);
    CHECK(read->thread_attribution == record.thread_attribution);
    // Without its last fields it is a whole record all the same.
    std::string packed = pack(record);
    for (int i = 0; i < 3; ++i) {
        packed.resize(packed.rfind('\t'));
        CAPTURE(packed);
        const auto shorter = unpack_customer(packed);
        REQUIRE(shorter);
        CHECK(shorter->thread_ref_at == record.thread_ref_at);
        CHECK(shorter->thread_attribution == (i < 2 ? record.thread_attribution : ""));
        CHECK(shorter->recent.empty());
    }
    CHECK(facts_of(read).known);
    CHECK_FALSE(facts_of(std::nullopt).known);
}

TEST_CASE("records: a customer's last contacts are kept to the second, newest first") {
    CustomerRecord record;
    const Time first = from_ms(1'773'000'000'999);
    for (int i = 0; i < 25; ++i) {
        count_contact(record, TrackingNumber::from_bits(5), first + std::chrono::seconds(i));
    }
    const auto read = unpack_customer(pack(record));
    REQUIRE(read);
    REQUIRE(read->recent.size() == kRecentContactsMax);
    CHECK(read->recent.front() == from_ms(1'773'000'024'000));
    CHECK(read->recent.back() == from_ms(1'773'000'005'000));
    CHECK(read->latest_number == TrackingNumber::from_bits(5).compact());
    CHECK(facts_of(read).recent == read->recent);
}

TEST_CASE("records: a journey of before reads with what is known, and keeps what was added") {
    JourneyRecord record;
    record.journey.founder = "founder";
    record.attribution = "gclid=abc";
    record.replied_at = from_ms(1'773'000'000'000);
    record.public_post = PublicPost{"https://x.com/acme/status/1", {"x_post", "77", "1"}};
    record.closed_publicly = "1773000000001";
    record.customer = "hash";
    const auto number = TrackingNumber::from_bits(5);
    const std::string packed = pack(record);
    const auto read = unpack_journey(number, packed);
    REQUIRE(read);
    CHECK(read->replied_at == record.replied_at);
    REQUIRE(read->public_post);
    CHECK(read->public_post->url == "https://x.com/acme/status/1");
    CHECK(read->public_post->reply.how == "x_post");
    CHECK(read->public_post->reply.account == "77");
    CHECK(read->public_post->reply.to == "1");
    CHECK(read->closed_publicly == record.closed_publicly);
    CHECK(read->customer == record.customer);
    const auto before = unpack_journey(number, packed.substr(0, packed.find("\t1773000000000")));
    REQUIRE(before);
    CHECK(before->attribution == "gclid=abc");
    CHECK_FALSE(before->replied_at.has_value());
}

TEST_CASE("records: a journey keeps the public post that it began with, told by a link or not") {
    Event event;
    event.is_public = true;
    event.reply = {"instagram_comment", "17841", "1799"};
    const auto number = TrackingNumber::from_bits(5);
    const auto read = [&] {
        return unpack_journey(number, pack(found_journey("founder", event, Place{}, Time{})));
    };
    REQUIRE(read()->public_post);
    CHECK(read()->public_post->url.empty());
    CHECK(read()->public_post->reply.to == "1799");
    event.post_url = "https://x.com/acme/status/1";
    CHECK(read()->public_post->url == event.post_url);
    event.reply = {};
    CHECK(read()->public_post->url == event.post_url);
    event.is_public = false;
    CHECK_FALSE(read()->public_post.has_value());
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

TEST_CASE("facts: a journey keeps how its customer came, and nothing of its first event") {
    struct Row {
        const char* provider;
        Fields kept;
        std::vector<std::string> left;
    };
    const std::vector<Row> rows = {
        {"links", {{"utm_source", "ig"}, {"gclid", "Cj0"}, {"ScCid", "1"}, {"ad_id", "2"}}, {}},
        {"web",
         {{"page.url", "https://acme.example/"}, {"page.referrer", "https://x.example/"}},
         {"form.size", "form.email", "form.phone", "form.left_out"}},
        {"chat",
         {{"page.title", "Plans"}, {"utm_campaign", "spring"}},
         {"plan", "chat.encrypted", "chat.conversation"}},
        {"events", {{"epik", "1"}}, {"plan", "mail.spf", "page.visitor"}},
        {"instagram",
         {{"referral.source", "ADS"}, {"referral.ads_context_data.ad_title", "Shoes"}},
         {"reply_to.mid", "reply_to.story_id", "reply_to.story_url", "postback.payload",
          "quick_reply.payload", "message.unsupported", "message.sticker_id", "post.kind",
          "post.comment_id", "media.id", "media.ad_id", "reaction.mid", "change.field"}},
        {"whatsapp",
         {{"ctwa_clid", "Aff"}, {"referral.product.catalog_id", "3"}},
         {"customer.parent_user_id", "media.sha256", "interactive.response_json", "button.payload",
          "order.text", "message.forwarded", "message.group_id", "message.pricing.model"}},
        {"twilio",
         {{"referral.ad_id", "3"}},
         {"call.sid",        "call.status",     "call.forwarded_from",
          "call.stir",       "caller.city",     "caller.state",
          "caller.zip",      "caller.country",  "opt_out",
          "opted_out",       "twilio.error",    "twilio.to",
          "twilio.token",    "message.service", "message.sid",
          "dial.recording",  "leg.sid",         "voicemail.duration_s",
          "whatsapp.button", "whatsapp.wa_id",  "whatsapp.replied_to"}},
        {"mail",
         {},
         {"mail.spf", "mail.dkim", "mail.dmarc", "mail.spam", "mail.spam_score", "mail.virus",
          "mail.sender", "mail.cc", "mail.cut", "mail.message_id", "mail.in_reply_to",
          "mail.reason", "mail.recipients", "mail.client_address"}},
        {"x",
         {},
         {"x.event_type", "dm.welcome_message_id", "dm.initiated_by_post", "quick_reply.metadata",
          "post.relation", "post.quoted", "post.in_reply_to", "replay.job"}}};
    for (const Row& row : rows) {
        CAPTURE(row.provider);
        Fields first;
        for (const std::string& name : row.left) first.emplace_back(name, "of the first event");
        first.insert(first.end(), row.kept.begin(), row.kept.end());
        std::string packed = pack_attribution(first);
        CHECK(packed.find("first") == std::string::npos);
        Fields later;
        merge_attribution(later, packed);
        std::sort(later.begin(), later.end());
        Fields kept = row.kept;
        std::sort(kept.begin(), kept.end());
        CHECK(later == kept);
        // A record that was written with more gives no more.
        for (const std::string& name : row.left) packed += "&" + name + "=x";
        Fields again;
        merge_attribution(again, packed);
        CHECK(again.size() == kept.size());
    }
}

TEST_CASE("facts: what fits of a long attribution is kept, click ids first, then utm") {
    const Fields click = {{"page.url", std::string(900, 'q')},
                          {"referral.headline", std::string(900, 'h')},
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
