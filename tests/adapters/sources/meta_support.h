// What the tests of the Meta family share: secrets, reading a body, envelopes.
#pragma once

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "adapters/sources/registry.h"
#include "tests/adapters/sources/request.h"

namespace tapline::test {

inline SourceSecrets meta_secrets() {
    SourceSecrets secrets;
    secrets.connection = "meta-main";
    secrets.secrets = {"app-secret"};
    secrets.verify_token = "let me in";
    return secrets;
}

inline Result<std::vector<ParsedItem>> read_body(std::string_view provider,
                                                 const std::string& body) {
    Request request;
    request.body = body;
    return find_source(provider)->parse(request.view(), meta_secrets(), kNow);
}

inline Event only_event(std::string_view provider, const std::string& body) {
    const auto items = read_body(provider, body);
    REQUIRE(items);
    REQUIRE(items->size() == 1);
    if (!items->front().event) FAIL(items->front().event.error());
    return *items->front().event;
}

// "contact.dm, !/entry/0/...: must be ..." or "refused: ...", where what the JSON library says of a
// broken text is only "JSON".
inline std::string summary(const Result<std::vector<ParsedItem>>& items) {
    if (!items) {
        const std::string& message = items.error().message;
        return "refused: " + (message.starts_with("JSON") ? "JSON" : message);
    }
    std::string told;
    for (const ParsedItem& item : *items) {
        if (!told.empty()) told += ", ";
        told += item.event ? item.event->type : '!' + item.event.error();
    }
    return told;
}

// One change of one WhatsApp number.
inline std::string whatsapp_body(const std::string& value, const std::string& field = "messages") {
    return R"({"object":"whatsapp_business_account","entry":[{"id":"102","changes":[{"field":")" +
           field + R"(","value":{"messaging_product":"whatsapp","metadata":)" +
           R"({"display_phone_number":"15550783881","phone_number_id":"1065"},)" + value + "}}]}]}";
}

// One message of somebody who is among the contacts.
inline std::string whatsapp_message(const std::string& content,
                                    const std::string& sender = R"("from":"16505551234")") {
    return whatsapp_body(
        R"("contacts":[{"profile":{"name":"Sam Roe"},"wa_id":"16505551234"}],"messages":[{)" +
        sender + R"(,"id":"wamid.A","timestamp":"1749416383",)" + content + "}]");
}

}  // namespace tapline::test
