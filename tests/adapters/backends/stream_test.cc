#include "adapters/backends/stream.h"

#include <chrono>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "adapters/json_writer.h"

using namespace tapline;
using nlohmann::json;

namespace {

struct Sample {
    Brand brand;
    Event event;
    Place place;
    Decision decision;
    CustomerFacts customer;

    Sample() {
        brand.name = "acme";
        brand.config_version = "0123456789ab";
        event.type = "contact.dm";
        event.event_id = "m1";
        event.connection = "instagram-main";
        event.occurred_at = Time(Milliseconds(1'773'000'000'123));
        event.text =
            "Gr\xC3\xBC\xC3\x9F"
            "e \"quoted\"\n\x01 \xFF";
        event.attachments.push_back({"image", "https://cdn.example/x.jpg", "x.jpg", 12});
        event.attribution = {{"utm_campaign", "spring"}, {"odd \"name\"", "v"}};
        place.source = "instagram";
        decision.route = "shoppers";
        decision.queue = "sales";
    }

    EntryContext context() const {
        return {brand,    event,         place, decision,
                customer, "7K3-M9Q-2X4", "",    Time(Milliseconds(1'773'000'001'000)),
                "redis"};
    }
};

}  // namespace

TEST_CASE("stream: every field stands in the promised order, also when it is empty") {
    const Sample sample;
    const std::vector<std::string_view> promised = {"v",           "id",          "tracking_number",
                                                    "accepted_at", "type",        "source",
                                                    "profile",     "channel",     "button",
                                                    "campaign",    "campaign_by", "route",
                                                    "arm",         "attribution", "auth",
                                                    "priority",    "due_at",      "reply_before",
                                                    "durability",  "config",      "traceparent",
                                                    "copy_of",     "data"};
    std::vector<std::string_view> names;
    const auto entry = stream_entry(sample.context());
    for (const auto& [name, value] : entry) names.push_back(name);
    CHECK(names == promised);
}

TEST_CASE("stream: the platform's reply window is a time in ms, or empty") {
    constexpr std::size_t kReplyBefore = 17;
    Sample sample;
    CHECK(stream_entry(sample.context()).at(kReplyBefore).second.empty());
    sample.event.reply_before = Time(Milliseconds(1'773'086'400'123));
    const auto entry = stream_entry(sample.context());
    CHECK(entry.at(kReplyBefore).first == "reply_before");
    CHECK(entry.at(kReplyBefore).second == "1773086400123");
}

TEST_CASE("stream: data is a CloudEvent and valid JSON whatever the customer wrote") {
    const Sample sample;
    const json data = json::parse(entry_data(sample.context()));
    CHECK(data["specversion"] == "1.0");
    CHECK(data["subject"] == "7K3-M9Q-2X4");
    CHECK(data["source"] == "/acme/instagram-main");
    CHECK(data["time"] == "2026-03-08T20:00:00.123Z");
    const json& contact = data["data"];
    CHECK(contact["text"] ==
          "Gr\xC3\xBC\xC3\x9F"
          "e \"quoted\"\n\x01 \xEF\xBF\xBD");
    CHECK(contact["visibility"] == "private");
    CHECK(contact["attachments"][0]["bytes"] == 12);
    CHECK(contact["attribution"]["odd \"name\""] == "v");
    CHECK(contact["context"]["open_since"].is_null());
}

TEST_CASE("json writer: strings of every byte are valid JSON and come back") {
    for (int byte = 0; byte < 0x80; ++byte) {
        CAPTURE(byte);
        std::string out;
        const std::string text = std::string("a") + static_cast<char>(byte) + "b";
        append_json_string(out, text);
        CHECK(json::parse(out).get<std::string>() == text);
    }
    const std::vector<std::string> broken = {"\x80",         "\xC0\x80",         "\xE2\x82",
                                             "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xF0\x80\x80\x80",
                                             "\xC3"};
    for (const auto& text : broken) {
        std::string out;
        append_json_string(out, text);
        CHECK(json::accept(out));
        CHECK(out.find("\xEF\xBF\xBD") != std::string::npos);
    }
    for (const std::string text :
         {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
        std::string out;
        append_json_string(out, text);
        CHECK(json::parse(out).get<std::string>() == text);
    }
}

TEST_CASE("stream: the pieces of a gathered entry make valid JSON of all its posts") {
    Sample sample;
    const GatheredData data = gathered_data(sample.context());
    Event photo;
    photo.event_id = "m2";
    photo.type = "contact.dm";
    photo.occurred_at = Time(Milliseconds(1'773'000'009'000));
    photo.attachments.push_back({"image", "https://cdn.example/y.jpg", "", 0});
    const PostPieces first = post_pieces(sample.event);
    const PostPieces second = post_pieces(photo);
    CHECK(second.text.empty());
    const json whole = json::parse(data.head + first.text + "\\n" + first.text + data.mid +
                                   first.part + "," + second.part + data.list + first.attachments +
                                   "," + second.attachments + data.tail);
    json alone = json::parse(entry_data(sample.context()));
    const std::string text = alone["data"]["text"];
    CHECK(whole["data"]["text"] == text + "\n" + text);
    CHECK(whole["data"]["attachments"].size() == 2);
    const json& parts = whole["data"]["parts"];
    REQUIRE(parts.size() == 2);
    CHECK(parts[0]["text"] == text);
    CHECK(parts[0]["attachments"] == alone["data"]["attachments"]);
    CHECK(parts[1] == json{{"id", "m2"},
                           {"at", 1'773'000'009'000},
                           {"type", "contact.dm"},
                           {"text", ""},
                           {"attachments", json::array({whole["data"]["attachments"][1]})}});
    // All else is as in an entry of one post.
    for (const char* other : {"customer", "reply", "attribution", "context", "visibility"}) {
        CHECK(whole["data"][other] == alone["data"][other]);
    }
    CHECK(whole["subject"] == alone["subject"]);
    const std::string lone = data.head + data.mid + data.list + data.tail;
    CHECK(json::parse(lone)["data"]["parts"].empty());
}

TEST_CASE("stream: what was promised and what to answer stand in the entry, and the arm") {
    Sample sample;
    sample.decision.call_back = true;
    sample.decision.arm = "trained";
    EntryContext context = sample.context();
    context.suggested = "Your reference is 7K3-M9Q-2X4.";
    const json data = json::parse(entry_data(context));
    CHECK(data["data"]["context"]["promised"] == "callback");
    CHECK(data["data"]["reply"]["suggested"] == "Your reference is 7K3-M9Q-2X4.");
    CHECK(stream_entry(context).at(12) ==
          std::pair<std::string_view, std::string>("arm", "trained"));
}
