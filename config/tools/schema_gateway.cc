// The keys of tapline.yaml.
#include "config/tools/schema.h"

namespace tapline {

namespace {

constexpr SchemaKey kKeys[] = {
    {"gateway", "config!", "version", "Version of the language: 1."},
    {"gateway", "public_url", "text", "What providers are told: https://HOST."},
    {"gateway", "listen", "text / @listener / [text / @listener]", "Where providers are served."},
    {"gateway", "admin", "text / @listener", "Where operators are served, without a password."},
    {"gateway", "trusted_proxies", "text*", "Whose X-Forwarded-For is believed."},
    {"gateway", "limits", "@limits", "What is refused beyond."},
    {"gateway", "redis", "text / @redis", "embedded, a URL, or a map."},
    {"gateway", "data_dir", "path", "Where the gateway keeps its files; default data."},
    {"gateway", "keys", "@key_files", "Files of the keys that the gateway makes."},
    {"gateway", "connections", "{@connection}", "Apps and accounts at providers."},
    {"gateway", "mail", "@mail", "Where this machine's mail server hands mail over."},
    {"listener", "address!", "text", "HOST:PORT or unix:/PATH."},
    {"listener", "certificate", "path", "Certificate chain (PEM)."},
    {"listener", "key", "path", "The certificate's key (PEM)."},
    {"limits", "requests_in_flight", "count", "Requests whose answer waits; default 4096."},
    {"limits", "buffered_body_bytes", "size", "Of all bodies; default 256MiB."},
    {"limits", "connections", "count", "Open connections; default 60000."},
    {"limits", "hook_body_bytes", "size", "Of a webhook; default 4MiB."},
    {"limits", "events_body_bytes", "size", "Of events; default 16MiB."},
    {"limits", "mail_body_bytes", "size", "Of webhooks that bring e-mail; default 40MiB."},
    {"limits", "quarantine_entries", "count", "Per brand; default 10000."},
    {"limits", "quarantine_bytes", "size", "Per brand; default 256MiB."},
    {"redis", "url!", "text", "redis://HOST:PORT/DB, or ${env:NAME} with a password in it."},
    {"redis", "waive", "=version,eviction,persistence,clock*", "Checks that shall not stop it."},
    {"key_files", "tracking", "text", "file:PATH of the key of tracking numbers."},
    {"key_files", "privacy", "text", "file:PATH of the key of customers' identities."},
    {"mail", "listen!", "text", "unix:/PATH."},
    {"mail", "brand", "name", "All mail is this brand's; else found by address."},
    {"connection", "provider!", "name", "One of `tapline send --help`."},
    {"connection", "secrets", "text*", "One or two, the newest first: ${env:NAME} or file:PATH."},
    {"connection", "public_key", "text*", "The key of the provider's signatures."},
    {"connection", "certificate", "text", "file:PATH: pins the signing certificate."},
    {"connection", "signing_key", "text", "For `tapline send` alone."},
    {"connection", "verify_token", "text", "Asked for when the webhook is saved."},
    {"connection", "reply_window", "duration", "How long after a message the brand may answer."},
    {"connection", "account", "text", "Pins the provider's account."},
    {"connection", "brand", "name", "Every event is this brand's."},
    {"connection", "unsigned", "=accept", "Requests without any signature are accepted."},
    {"connection", "because", "text", "Why."},
    {"connection", "origins", "text*", "Of web: sites whose pages may send the form."},
    {"connection", "thanks", "text", "Of web: the page after the form."},
    {"connection", "honeypot", "text", "Of web: the field that people leave empty."},
    {"connection", "fields", "@form_fields", "Of web: the form's names of fields."},
    {"connection", "per_minute", "@per_minute", "Of web: limits."},
    {"form_fields", "name", "text", "The customer's name."},
    {"form_fields", "email", "text", "The customer's address."},
    {"form_fields", "phone", "text", "The customer's phone number."},
    {"form_fields", "message", "text", "What the customer writes."},
    {"form_fields", "subject", "text", "Its subject."},
    {"per_minute", "client", "count", "Forms of one visitor."},
    {"per_minute", "all", "count", "Forms of all."},
};

}  // namespace

std::span<const SchemaKey> gateway_schema_keys() {
    return kKeys;
}

}  // namespace tapline
