// Known answers and recorded payloads from the shared samples beside the project. They carry other
// projects' licences, so they are read where they are, and the cases say so loudly when absent.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/sources/meta.h"
#include "adapters/sources/registry.h"
#include "adapters/sources/twilio_form.h"
#include "adapters/standard_webhooks.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using nlohmann::json;
using test::kNow;
using test::Request;
using test::shared_sample;

std::vector<json> vectors_of(const std::string& kind) {
    const auto text = shared_sample("vectors.json");
    if (!text) {
        MESSAGE("skipped: the shared samples are not beside the project");
        return {};
    }
    const json all = json::parse(*text);
    std::vector<json> found;
    for (const json& vector : all.is_array() ? all : all.at("vectors")) {
        if (vector.at("kind") == kind) found.push_back(vector);
    }
    CHECK(found.size() >= 3);
    return found;
}

std::string body_of(const json& vector) {
    if (vector.contains("body")) return vector.at("body");
    return shared_sample(vector.at("body_file")).value_or("");
}

TEST_CASE("vectors: Meta's signatures") {
    for (const json& vector : vectors_of("meta_sha256")) {
        CAPTURE(vector.at("id").get<std::string>());
        Request request;
        request.body = body_of(vector);
        request.headers = {{"x-hub-signature-256", vector.at("expected")}};
        SourceSecrets secrets;
        secrets.secrets = {vector.at("secret")};
        CHECK(meta_verify(request.view(), secrets, kNow).has_value() == vector.at("expect"));
    }
}

// A handshake and an event are signed alike: a vector is either one, by what it signs.
TEST_CASE("vectors: X's signatures") {
    const Source& source = *find_source("x");
    for (const json& vector : vectors_of("x_sha256")) {
        CAPTURE(vector.at("id").get<std::string>());
        SourceSecrets secrets;
        secrets.secrets = {vector.at("secret")};
        Request request;
        request.body = body_of(vector);
        request.headers = {{"x-twitter-webhooks-signature", vector.at("expected")}};
        Request handshake;
        handshake.method = "GET";
        handshake.query = "crc_token=" + percent_encode(request.body);
        const auto answer = source.challenge(handshake.view(), secrets);
        REQUIRE(answer);
        if (request.body.starts_with('{')) {
            CHECK(source.verify(request.view(), secrets, kNow).has_value() == vector.at("expect"));
            CHECK(answer->status == 400);
        } else {
            CHECK_FALSE(source.verify(request.view(), secrets, kNow));
            const bool same =
                answer->body.find(std::string(vector.at("expected"))) != std::string::npos;
            CHECK(same == (answer->status == 200));
        }
    }
}

TEST_CASE("vectors: Twilio's form signatures, in one of the spellings of their URL") {
    for (const json& vector : vectors_of("twilio_form")) {
        CAPTURE(vector.at("id").get<std::string>());
        Fields fields;
        if (vector.contains("params")) {
            for (const json& pair : vector.at("params"))
                fields.emplace_back(pair.at(0), pair.at(1));
        } else {
            fields = parse_form(shared_sample(vector.at("params_file")).value_or("")).value();
        }
        const std::string url = vector.at("signed_url");
        const std::string token = vector.at("token");
        bool same = twilio_signature(token, url, fields) == vector.at("expected");
        for (const std::string& spelling : twilio_url_spellings(url)) {
            same = same || twilio_signature(token, spelling, fields) == vector.at("expected");
        }
        if (!vector.at("expect").is_null()) CHECK(same == vector.at("expect").get<bool>());
    }
}

TEST_CASE("vectors: Standard Webhooks' signatures") {
    for (const json& vector : vectors_of("standard_webhooks")) {
        CAPTURE(vector.at("id").get<std::string>());
        Request request;
        request.body = body_of(vector);
        const std::string timestamp = vector.at("timestamp");
        request.headers = {{"webhook-id", vector.at("msg_id")},
                           {"webhook-timestamp", timestamp},
                           {"webhook-signature", vector.at("expected")}};
        const Time then{std::chrono::seconds(std::stoll(timestamp))};
        const std::vector<std::string> secrets = {vector.at("secret")};
        CHECK(verify_webhook(request.view(), secrets, then).has_value() == vector.at("expect"));
    }
}

TEST_CASE("samples: recorded Instagram payloads are read") {
    struct Row {
        std::string file;
        std::vector<std::string> types;
    };
    const Row rows[] = {
        {"meta/ig_message.json", {"contact.dm"}},
        {"meta/ig_seen.json", {"message.read"}},
        {"meta/ig_share_attachment.json", {"contact.dm"}},
        {"meta/ig_standby.json", {"standby.message"}},
        {"meta/ig_story_mention_echo.json", {"message.echo"}},
        {"meta/ig_story_reply.json", {"contact.dm"}},
        {"meta/ig_unsend.json", {"message.deleted"}},
        {"meta/ig_dashboard_test_messaging.json", {}},
        {"constructed/ig_batch_two_entries.json", {"contact.dm", "contact.dm", "message.echo"}},
        {"constructed/ig_changes_comment.json", {"contact.post"}},
        {"constructed/ig_dashboard_test_changes.json", {}},
        {"constructed/ig_dashboard_test_flat.json", {}},
        {"constructed/ig_message_unicode_escaped.json", {"contact.dm"}},
        {"constructed/ig_messaging_referral_igme.json", {"dm.referral"}},
        {"constructed/ig_postback_icebreaker_ref.json", {"contact.dm"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.file);
        const auto body = shared_sample(row.file);
        if (!body) {
            MESSAGE("skipped: the shared samples are not beside the project");
            return;
        }
        Request request;
        request.body = *body;
        const auto items = find_source("instagram")->parse(request.view(), {}, kNow);
        REQUIRE(items);
        REQUIRE(items->size() == row.types.size());
        for (std::size_t i = 0; i < row.types.size(); ++i) {
            REQUIRE((*items)[i].event);
            CHECK((*items)[i].event->type == row.types[i]);
            CHECK_FALSE((*items)[i].event->event_id.empty());
        }
    }
}

TEST_CASE("samples: a message from a click-to-WhatsApp ad is read with all that the ad says") {
    const auto body = shared_sample("constructed/wa_message_ctwa_referral.json");
    if (!body) {
        MESSAGE("skipped: the shared samples are not beside the project");
        return;
    }
    Request request;
    request.body = *body;
    const auto items = find_source("whatsapp")->parse(request.view(), {}, kNow);
    REQUIRE(items);
    REQUIRE(items->size() == 1);
    REQUIRE(items->front().event);
    const Event& event = *items->front().event;
    CHECK(event.type == "contact.dm");
    CHECK(event.account == "106540352242922");
    CHECK(event.customer.phone == "+16505551234");
    CHECK(event.customer.name == "Sam Roe");
    CHECK(event.text == "Does it come in another color?");
    const json referral =
        json::parse(*body)["entry"][0]["changes"][0]["value"]["messages"][0]["referral"];
    REQUIRE(referral.size() == 9);
    for (const auto& [name, value] : referral.items()) {
        CAPTURE(name);
        const std::string field = name == "ctwa_clid"         ? name
                                  : name == "welcome_message" ? "referral.welcome_message.text"
                                                              : "referral." + name;
        const json& expected = value.is_object() ? value.at("text") : value;
        CHECK(test::field(event, field) == expected.get<std::string>());
    }
}

TEST_CASE("samples: Twilio forms are believed and read") {
    struct Row {
        std::string file;
        std::string rest;
        std::string type;
    };
    const Row rows[] = {
        {"twilio_voice_inbound.form", "", "contact.call"},
        {"twilio_voice_inbound_anonymous.form", "", "contact.call"},
        {"twilio_sms_unicode.form", "", "contact.text"},
        {"twilio_sms_stop.form", "", "opt_out"},
        {"twilio_call_status_completed.form", "/status", "call.missed"},
        {"twilio_dial_action_completed.form", "/dial", "call.dial"},
        {"twilio_dial_action_noanswer.form", "/dial", "call.missed"},
        {"twilio_number_child_status.form", "/number", "call.leg"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.file);
        const auto body = shared_sample("constructed/" + row.file);
        if (!body) {
            MESSAGE("skipped: the shared samples are not beside the project");
            return;
        }
        SourceSecrets secrets;
        secrets.secrets = {"12345"};
        Sample sample;
        sample.body = *body;
        Request request;
        request.rest = row.rest;
        const Source& twilio = *find_source("twilio");
        test::sign(twilio, secrets, sample, request);
        const auto verified = twilio.verify(request.view(), secrets, kNow);
        if (!verified) FAIL(verified.error().message);
        const auto items = twilio.parse(request.view(), secrets, kNow);
        REQUIRE(items);
        REQUIRE(items->front().event);
        CHECK(items->front().event->type == row.type);
    }
}

}  // namespace
}  // namespace tapline
