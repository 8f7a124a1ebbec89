#include <string_view>

#include "adapters/crypto.h"
#include "config/config.h"
#include "config/gateway_file.h"
#include "config/values.h"

namespace tapline {

namespace {

constexpr std::string_view kGatewayText =
    R"(# The gateway: listeners, Redis and the connections to providers.
# docs/config.md explains every key; "tapline check" finds mistakes.
config: 1

# What providers are told, and what Twilio signs. In production: https and your host name.
public_url: http://127.0.0.1:8080
listen: 127.0.0.1:8080
admin: 127.0.0.1:8081

# A private Redis that the gateway starts and keeps below data/. Or a URL: redis://HOST, rediss://HOST.
redis: embedded

# One connection for each app or account at a provider; its webhook URL is
# {public_url}/hooks/{name}. Secrets stand in files or in the environment, never here:
#
# connections:
#   instagram-main:
#     provider: instagram
#     secrets: ["${env:INSTAGRAM_APP_SECRET}"]
#     verify_token: "${env:INSTAGRAM_VERIFY_TOKEN}"
#   telephony:
#     provider: twilio
#     secrets: ["${env:TWILIO_AUTH_TOKEN}"]
)";

// What the gateway makes or must keep to itself.
constexpr std::string_view kIgnored = R"(/data/
/keys/
/secrets/
)";

// BRAND stands for the name.
constexpr std::string_view kBrandText =
    R"(# One brand: where its contact buttons are, and who answers.
# docs/config.md explains every key; "tapline check" finds mistakes.
config: 1
brand: "BRAND"
owner: contact-desk@BRAND.example   # who answers for this file
timezone: UTC                       # an IANA name such as America/New_York

# The brand's accounts. With a connection (tapline.yaml), direct messages come in by themselves:
#   shop: {source: instagram, connection: instagram-main, account: "17841400000000001"}
profiles:
  site: {source: web}

# Phone numbers that stand for a button:
# lines:
#   "+18005550100": {connection: telephony}

# The contact buttons of a profile: call and text have a line, email has an address.
#   call-us: {profile: site, channel: call, line: "+18005550100"}
buttons:
  site-chat: {profile: site, channel: chat}
  site-email: {profile: site, channel: email, address: hello@BRAND.example}

# The teams that answer, when they are there, and by when. Calls also need the phones that ring:
#   dial: {to: ["+14045550110"]}
queues:
  chat: {hours: always, respond_within: 2m}
  care:
    hours: always
    respond_within: {default: 30m, email: 4h}

# The first route whose conditions all hold decides. "default" takes what is left.
routes:
  - name: leaving
    when: {text: ["cancel*", "switch to"]}
    to: care
    respond_within: 10m
  - name: visitors
    when: {channel: chat}
    to: chat
  - name: default
    to: care

# Keys of the brand's own apps. The values are in files that only the gateway should read.
keys:
  signing_secrets:
    - {name: site, value: file:secrets/BRAND-signing, scopes: [events:write]}
  api_keys:
    - name: backend
      value: file:secrets/BRAND-api-key
      scopes: [events:write, outcomes:write, journeys:read]
)";

std::string filled_in(std::string_view text, const std::string& brand) {
    constexpr std::string_view kMark = "BRAND";
    std::string filled(text);
    std::size_t at = filled.find(kMark);
    while (at != std::string::npos) {
        filled.replace(at, kMark.size(), brand);
        at = filled.find(kMark, at + brand.size());
    }
    return filled;
}

}  // namespace

Result<std::vector<InitFile>> init_files(const std::string& brand, const RandomBytes& random) {
    const Parsed<std::string> name = parse_brand_name(brand);
    if (!name) {
        return fail(ErrorCode::bad_request, "init: expected " + std::string(kBrandName.expected) +
                                                ", found " + shown(brand));
    }
    constexpr std::size_t kKeyBytes = 32;
    const std::string signing = "whsec_" + base64_encode(random(kKeyBytes));
    const std::string api_key = to_hex(random(kKeyBytes));
    return std::vector<InitFile>{
        {std::string(kGatewayFile), std::string(kGatewayText), false},
        {".gitignore", std::string(kIgnored), false},
        {"brands/" + brand + ".yaml", filled_in(kBrandText, brand), false},
        {"secrets/" + brand + "-signing", signing + "\n", true},
        {"secrets/" + brand + "-api-key", api_key + "\n", true},
    };
}

}  // namespace tapline
