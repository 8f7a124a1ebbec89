// The whole configuration: tapline.yaml and the brands' files, as typed and checked values.
//
//     FileAccess files = disk_access("config/examples/acme");
//     LoadResult result = load_config(files);
//     if (!result.config) for (const Mistake& m : result.mistakes) print(to_string(m));
//
// All mistakes of all files are reported at once, each with file:line:column. Pure except through
// FileAccess, which tests replace. A Config is immutable after loading and may be shared.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sources/web_form.h"
#include "config/mistake.h"
#include "routes/brand.h"
#include "routes/error.h"

namespace tapline {

struct BrandTests;  // config/tools/brand_tests.h

struct ListenerConfig {
    std::string address;  // "127.0.0.1:8080", "unix:/run/tapline/http.sock"
    std::string certificate;
    std::string key;
};

struct LimitsConfig {
    std::size_t requests_in_flight = 4096;
    std::size_t buffered_body_bytes = 256u << 20;
    std::size_t connections = 60'000;
    std::size_t hook_body_bytes = 4u << 20;
    std::size_t events_body_bytes = 16u << 20;
    std::size_t mail_body_bytes = 40u << 20;  // of webhooks that bring mail with its attachments
    // Of the quarantine of each brand; beyond: 503 and an alarm.
    std::size_t quarantine_entries = 10'000;
    std::size_t quarantine_bytes = 256u << 20;
};

struct RedisConfig {
    bool embedded = true;
    std::string url;                 // when not embedded; never printed whole (holds a password)
    std::vector<std::string> waive;  // names of server checks that the operator waives
};

struct Connection {
    std::string name;                  // part of the URL /hooks/{name}
    std::string provider;              // of the registry
    std::vector<std::string> secrets;  // resolved, newest first
    std::string verify_token;
    std::string account;  // pins the provider's account; "" = any
    std::string brand;    // set: every event is this brand's; else found by account or line
    std::chrono::seconds reply_window{0};  // Meta: how long a brand may answer; 0 = its usual
    // Requests without any signature are accepted (adapters/unsigned.h), and why.
    bool accepts_unsigned = false;
    std::string unsigned_because;
    WebForm form;                          // provider `web` only
    std::vector<std::string> public_keys;  // of the provider: see SourceSecrets
    std::string signing_key;               // for `tapline send` alone
};

// Where this machine's mail server hands mail over (`tapline deliver-mail`).
struct MailConfig {
    std::string listen;  // "unix:/run/tapline/mail.sock"; "" = nowhere
    std::string brand;   // set: all mail is this brand's; else found by address
};

struct Config {
    std::string directory;
    std::string public_url;  // "https://hooks.acme.example": what providers are told
    std::vector<ListenerConfig> listen;
    ListenerConfig admin;
    std::vector<std::string> trusted_proxies;
    LimitsConfig limits;
    RedisConfig redis;
    MailConfig mail;
    // Paths, absolute or relative to the working directory. Key files are made at first start.
    std::string data_dir;
    std::string tracking_key;
    std::string privacy_key;
    std::map<std::string, Connection> connections;
    std::map<std::string, std::shared_ptr<const Brand>> brands;
    std::map<std::string, std::shared_ptr<const BrandTests>> tests;  // by brand
};

// The rim. Paths are relative to the config directory, or absolute. `read` answers a regular file's
// bytes, or nothing; of a large file it may answer only the first kTableBytesMax + 1 bytes (csv.h).
// `list` answers the names in a folder, in any order, those of folders with a final "/"; of a
// folder that does not exist, nothing.
struct FileAccess {
    std::string directory;
    std::function<std::optional<std::string>(const std::string& path)> read;
    std::function<std::vector<std::string>(const std::string& folder)> list;
    std::function<std::optional<std::string>(const std::string& name)> environment;
    // Whether the file stands outside the config directory once all links are followed. Null: none
    // does.
    std::function<bool(const std::string& path)> is_outside;
    // What is wrong with the directory itself, with the mend; "" when it is one. Null: it is one.
    std::function<std::string()> directory_fault;
    // For commands that look into a running gateway from another shell: told of each secret that
    // cannot be had here (an unset variable, a file that cannot be read), which then is no mistake
    // and empty. Null: it is a mistake.
    std::function<void(const Mistake&)> on_missing_secret;
    // What a brand's own reader sees of the files, for whoever keeps versions of brands
    // (last_good.h). Null: all see the same.
    std::function<FileAccess(const std::string& brand)> of_brand;
    // Told of each file that a secret is read from, before it is read. Null: nobody asks.
    std::function<void(const std::string& path)> on_secret_file;
};
// The real disk and environment. Reads nothing until it is used.
FileAccess disk_access(const std::string& directory);

struct LoadResult {
    std::optional<Config> config;   // nothing when there is an error among the mistakes
    std::vector<Mistake> mistakes;  // errors and warnings, by file and line
};
// Reads tapline.yaml and the brands below brands/. Never throws for what a file holds. Messages
// hold no secret. Docs: docs/config.md has every key and every mistake.
LoadResult load_config(const FileAccess& files);

// A first config that passes the check, with comments: what `tapline init BRAND` writes.
struct InitFile {
    std::string path;  // relative to the config directory
    std::string text;
    bool is_secret = false;  // for the owner's eyes: mode 0600
};
// `random(n)` answers n random bytes that nobody can guess.
using RandomBytes = std::function<std::string(std::size_t)>;
// tapline.yaml and .gitignore (only for a directory that has none), the brand's file, and the files
// of its two keys. The brand's file passes the check beside any tapline.yaml that does. Error
// bad_request: the name is not a brand's, [a-z0-9][a-z0-9-]{0,31}.
Result<std::vector<InitFile>> init_files(const std::string& brand, const RandomBytes& random);

}  // namespace tapline
