// Any form, signed as Twilio would: what is believed must have the shape of one call or message,
// and the answer to it must carry no markup of the sender's.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/form.h"
#include "adapters/sources/registry.h"
#include "adapters/sources/twilio_form.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_reply(const tapline::Source& source, const tapline::Event& event) {
    tapline::Decision decision;
    decision.reply = "{brand} {tracking_number}";
    decision.dial.to = {"+14045550110"};
    decision.dial.voicemail = true;
    const std::string xml = source.reply({event, decision, "7K3-M9Q-2X4", "acme", "https://h/x"});
    require(xml.find("evil") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tapline;
    static const Source& source = *find_source("twilio");
    if (size == 0) return 0;
    constexpr std::string_view kRests[] = {"",           "/status",        "/dial",
                                           "/number",    "/dial/acme",     "/number/acme",
                                           "/voicemail", "/voicemail/acme"};
    const std::string_view rest = kRests[data[0] % std::size(kRests)];
    const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto fields = parse_form(body);
    const std::string path = "/hooks/t" + std::string(rest);
    const std::string signature =
        twilio_signature("token", "https://h" + path, fields ? *fields : Fields{});
    const std::pair<std::string_view, std::string_view> headers[] = {
        {"content-type", "application/x-www-form-urlencoded"}, {"x-twilio-signature", signature}};
    SourceRequest request;
    request.method = "POST";
    request.path = path;
    request.rest = rest;
    request.body = body;
    request.public_base = "https://h";
    request.headers = headers;
    SourceSecrets secrets;
    secrets.secrets = {"token"};
    const auto verified = source.verify(request, secrets, Time{});
    const auto items = source.parse(request, secrets, Time{});
    require(fields || !verified);
    if (!verified) return 0;
    require(verified->replay_key.size() == 40);
    require(items && (items->size() == 1 || items->size() == 2));
    for (const ParsedItem& item : *items) {
        if (!item.event) return 0;
        const std::string_view id = item.event->event_id;
        require(id.size() >= 34 &&
                (id.starts_with("CA") || id.starts_with("SM") || id.starts_with("MM")));
        check_reply(source, *item.event);
    }
    return 0;
}
