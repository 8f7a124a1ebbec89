#include "gateway/app.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "adapters/sources/registry.h"
#include "gateway/admin/admin.h"
#include "gateway/intake/events_api.h"
#include "gateway/intake/hooks.h"
#include "gateway/intake/links.h"
#include "gateway/intake/mail_intake.h"
#include "gateway/log.h"
#include "gateway/redis/checks.h"
#include "gateway/redis/embedded.h"
#include "gateway/redis/keys.h"
#include "gateway/redis/link.h"
#include "gateway/reload/config_watch.h"
#include "gateway/reload/last_good_store.h"
#include "gateway/reload/reloader.h"
#include "gateway/steward/situation.h"
#include "gateway/steward/steward.h"

namespace tapline {

namespace {

constexpr std::chrono::milliseconds kSituationPause{5};

// Refuses a Redis whose installation uses other keys: the same event would get another tracking
// number here than there. True when it had no fingerprint yet.
Result<bool> check_fingerprint(const redis::Link::Ask& ask, std::string_view name,
                               std::string_view key) {
    const std::string redis_key = fingerprint_key(name);
    const std::string ours = fingerprint(key);
    auto set = ask(redis::encode({"SET", redis_key, ours, "NX"}));
    if (!set) return tl::unexpected(set.error());
    if (set->is_error()) return fail(ErrorCode::unavailable, "redis: " + set->text);
    auto stored = ask(redis::encode({"GET", redis_key}));
    if (!stored) return tl::unexpected(stored.error());
    if (stored->text != ours) {
        return fail(ErrorCode::bad_config,
                    "keys: the " + std::string(name) +
                        " key of this gateway is not the one that this Redis was used with; copy "
                        "the key file of the other gateways here");
    }
    return set->kind == redis::Reply::Kind::status;
}

tl::unexpected<Error> cannot_open(const Error& error, std::string_view key) {
    return fail(error.code, error.message + "; see \"" + std::string(key) + "\" in tapline.yaml");
}

// "http://127.0.0.1:8080", "https://[::1]:8443", "unix:/run/tapline/http.sock".
std::string shown_url(const std::string& address, const ListenerConfig& listener) {
    const bool tls = !listener.certificate.empty();
    if (address.starts_with("unix:")) return address + (tls ? " (TLS)" : "");
    return (tls ? "https://" : "http://") + address;
}

// Null: the config of this moment has no such connection.
const Source* source_of(const Config& config, const http::Captures& captures) {
    const auto found = config.connections.find(std::string(captures.front()));
    return found == config.connections.end() ? nullptr : find_source(found->second.provider);
}

class GatewayImpl final : public Gateway {
  public:
    GatewayImpl(Config config, GatewayOptions options) : options_(std::move(options)) {
        state_.current.use(std::move(config));
        started_ = state_.config();
    }
    GatewayImpl(const GatewayImpl&) = delete;
    GatewayImpl& operator=(const GatewayImpl&) = delete;
    ~GatewayImpl() override { stop(); }

    Result<void> open();

    std::string public_address(std::size_t listener) const override {
        return public_->address(listener);
    }
    std::string admin_address() const override { return admin_->address(0); }
    std::string admin_url() const override { return shown_url(admin_->address(0), config().admin); }
    std::vector<std::string> start_lines() const override;
    bool wait_until_ready(std::chrono::milliseconds patience) const override;
    Result<void> reload_certificates() override;
    void reload(std::string_view why, std::function<void(const ReloadReport&)> done) override;
    void stop() override;

  private:
    Result<void> open_redis();
    Result<void> open_listeners();
    Result<void> open_mail(http::ServerOptions options);
    Result<void> on_connect(const redis::Link::Ask& ask);
    http::UrlTable public_urls();
    AdminView admin_view();
    std::vector<std::string> listening() const;
    std::optional<std::chrono::system_clock::time_point> certificate_ends() const;
    // Of the start: for what a reload cannot change (restart_keys.h).
    const Config& config() const { return *started_; }
    std::size_t hook_body_max(const http::Captures& captures) const;
    void open_reload();
    void keep_last_good(const LastGood& good);
    void on_swapped(const Config& old, const Config& next);

    GatewayOptions options_;
    Keys keys_;
    GatewayState state_;
    std::shared_ptr<const Config> started_;
    std::unique_ptr<redis::Embedded> embedded_;
    std::unique_ptr<redis::Link> link_;
    std::unique_ptr<Steward> steward_;
    std::unique_ptr<http::Server> public_;
    std::unique_ptr<http::Server> admin_;
    std::unique_ptr<http::Server> mail_;        // null: no section `mail`
    std::unique_ptr<LastGoodStore> last_good_;  // of the reloader's thread only
    std::unique_ptr<Reloader> reloader_;
    std::unique_ptr<ConfigWatch> watch_;
    mutable std::mutex mutex_;
    redis::ServerFacts facts_;
    bool was_connected_ = false;  // of the link's thread only
    bool stopped_ = false;
};

Result<void> GatewayImpl::open() {
    auto keys = load_keys(config().tracking_key, config().privacy_key, options_.random);
    if (!keys) return tl::unexpected(keys.error());
    keys_ = *keys;
    if (auto opened = open_redis(); !opened) return opened;
    state_.acceptor = std::make_shared<const Acceptor>(AcceptorParts{
        link_.get(), &state_.metrics, keys_, options_.clock, options_.random, &state_.heard,
        [this](const std::string& brand) { return state_.situations.known(brand); }});
    steward_ = std::make_unique<Steward>(state_, *link_);
    state_.callouts = std::make_unique<Callouts>(options_.fetch);
    open_reload();
    if (auto opened = open_listeners(); !opened) return opened;
    link_->start();
    steward_->start();
    if (reloader_) reloader_->start();
    if (watch_) watch_->start();
    return {};
}

Result<void> GatewayImpl::open_redis() {
    redis::Endpoint endpoint;
    if (config().redis.embedded) {
        auto started = redis::Embedded::start({.data_dir = config().data_dir + "/redis"});
        if (!started) return tl::unexpected(started.error());
        embedded_ = std::move(*started);
        endpoint = embedded_->endpoint();
    } else {
        auto parsed = redis::parse_endpoint(config().redis.url);
        if (!parsed) return tl::unexpected(parsed.error());
        endpoint = *parsed;
    }
    link_ = std::make_unique<redis::Link>(
        endpoint, redis::LinkOptions{},
        [this](const redis::Link::Ask& ask) { return on_connect(ask); },
        [](const Error& error) {
            log_warning("redis: lost", {{"reason", error.message}});
        });
    return {};
}

Result<void> GatewayImpl::on_connect(const redis::Link::Ask& ask) {
    auto facts = redis::check_server(ask, config().redis.waive, options_.clock);
    if (!facts) return tl::unexpected(facts.error());
    {
        const std::lock_guard lock(mutex_);
        facts_ = *facts;
    }
    for (const auto& finding : facts->findings) {
        log_warning(finding.waived ? "redis: waived" : "redis: not fit",
                    {{"check", finding.name}, {"detail", finding.message}});
    }
    if (auto fit = redis::refuse_unfit(*facts); !fit) return fit;
    for (const auto& [name, key] :
         {std::pair("tracking", keys_.tracking), std::pair("privacy", keys_.privacy)}) {
        const auto is_new = check_fingerprint(ask, name, key);
        if (!is_new) return tl::unexpected(is_new.error());
        if (*is_new && was_connected_) {
            state_.alarms.raise(std::string(kEmptiedAlarm), std::string(kEmptiedText));
        }
    }
    was_connected_ = true;
    log_info("redis: ready", {{"version", facts->version}, {"persistence", facts->persistence}});
    return {};
}

Result<void> GatewayImpl::open_listeners() {
    http::ServerOptions options;
    options.limits = options_.limits;
    options.limits.requests_in_flight = config().limits.requests_in_flight;
    options.limits.buffered_body_bytes = config().limits.buffered_body_bytes;
    options.limits.connections = config().limits.connections;
    options.trusted_proxies = config().trusted_proxies;
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    options.workers = options_.workers > 0 ? options_.workers : cores;
    for (const auto& listener : config().listen) {
        options.listen.push_back({listener.address, listener.certificate, listener.key});
    }
    auto opened = http::Server::start(options, public_urls());
    if (!opened) return cannot_open(opened.error(), "listen");
    public_ = std::move(*opened);

    options.listen = {{config().admin.address, config().admin.certificate, config().admin.key}};
    options.workers = 1;
    auto admin = http::Server::start(options, admin_urls(admin_view()));
    if (!admin) return cannot_open(admin.error(), "admin");
    admin_ = std::move(*admin);
    return config().mail.listen.empty() ? Result<void>() : open_mail(options);
}

Result<void> GatewayImpl::open_mail(http::ServerOptions options) {
    options.listen = {{config().mail.listen, "", ""}};
    options.trusted_proxies.clear();
    auto mail = http::Server::start(options, mail_urls(state_));
    if (!mail) return tl::unexpected(mail.error());
    mail_ = std::move(*mail);
    return {};
}

// Mails are larger than other webhooks' bodies.
std::size_t GatewayImpl::hook_body_max(const http::Captures& captures) const {
    const auto now = state_.config();
    const Source* source = source_of(*now, captures);
    const bool is_mail = source != nullptr && source->is_mail;
    return is_mail ? now->limits.mail_body_bytes : now->limits.hook_body_bytes;
}

http::UrlTable GatewayImpl::public_urls() {
    const auto hook = [this](const http::Request& request, http::Responder responder) {
        handle_hook(state_, request, std::move(responder));
    };
    // Telephony does not come again after a 503, and neither does a person who follows a link; but
    // links are open to everybody, so that many of them must not keep a call out.
    const auto hook_admission = [this](const http::Captures& captures) {
        const Source* source = source_of(*state_.config(), captures);
        const bool is_telephony = source != nullptr && !source->call_fallback.empty();
        return is_telephony ? http::Admission::last : http::Admission::normal;
    };
    const auto get_max = [this](const http::Captures&) {
        return state_.config()->limits.hook_body_bytes;
    };
    const auto post_max = [this](const http::Captures& captures) {
        return hook_body_max(captures);
    };
    const auto events_max = [this](const http::Captures&) {
        return state_.config()->limits.events_body_bytes;
    };
    const auto late = [](const http::Captures&) { return http::Admission::late; };
    http::UrlTable urls;
    for (const std::string pattern : {"/hooks/{connection}", "/hooks/{connection}/..."}) {
        urls.add({"GET", pattern, 0, "hooks", hook, hook_admission, get_max});
        urls.add({"POST", pattern, 0, "hooks", hook, hook_admission, post_max});
        // Browsers ask before a page of another origin posts a form (web_forms.h).
        urls.add({"OPTIONS", pattern, 0, "hooks", hook, hook_admission});
    }
    urls.add({"POST",
              "/v1/{brand}/events",
              0,
              "events",
              [this](const http::Request& request, http::Responder responder) {
                  handle_events(state_, request, std::move(responder));
              },
              {},
              events_max});
    urls.add({"GET", "/c/{brand}/{button}", 0, "links",
              [this](const http::Request& request, http::Responder responder) {
                  handle_link(state_, request, std::move(responder));
              },
              late});
    return urls;
}

AdminView GatewayImpl::admin_view() {
    AdminView view;
    view.state = &state_;
    view.steward = steward_.get();
    view.link = [this] { return link_->stats(); };
    view.redis_facts = [this] {
        const std::lock_guard lock(mutex_);
        return facts_;
    };
    view.front = [this] { return public_ ? &public_->counters() : nullptr; };
    view.listening = [this] { return listening(); };
    view.certificate_ends = [this] { return certificate_ends(); };
    view.embedded_redis = config().redis.embedded;
    view.reload = [this](std::function<void(const ReloadReport&)> done) {
        reload("admin call", std::move(done));
    };
    return view;
}

void GatewayImpl::open_reload() {
    if (!options_.reload) return;
    ReloadOptions& options = *options_.reload;
    last_good_ = std::make_unique<LastGoodStore>(config().data_dir);
    ReloaderParts parts;
    parts.files = options.files;
    parts.state = &state_;
    parts.good = std::move(options.good);
    parts.faults = std::move(options.faults);
    parts.tests = options.tests;
    parts.keep = [this](const LastGood& good) { keep_last_good(good); };
    parts.on_swapped = [this](const Config& old, const Config& next) { on_swapped(old, next); };
    reloader_ = std::make_unique<Reloader>(std::move(parts));
    watch_ = std::make_unique<ConfigWatch>(options.files.directory, options.seen,
                                           [this] { reload(kFileChange, {}); });
}

void GatewayImpl::keep_last_good(const LastGood& good) {
    const std::string alarm = "last_good";
    if (const auto kept = last_good_->keep(good); !kept) {
        state_.alarms.raise(alarm, kept.error().message +
                                       "; a restart with a broken brand file would not find the "
                                       "version from before");
    } else {
        state_.alarms.clear(alarm);
    }
}

// Here belongs what a change of the config means for what is already in Redis; the brands of `next`
// decide already. On the reloader's thread, which may wait for Redis.
void GatewayImpl::on_swapped(const Config& old, const Config& next) {
    for (const auto& [name, brand] : old.brands) {
        if (next.brands.contains(name)) continue;
        state_.alarms.forget_brand(name);
        state_.situations.forget(name);
    }
    // A new brand's contacts are refused until this is read; should it fail, the steward reads it.
    for (const auto& [name, brand] : next.brands) {
        if (old.brands.contains(name)) continue;
        static_cast<void>(read_situation({state_, *link_, *brand, options_.clock()}));
    }
}

void GatewayImpl::reload(std::string_view why, std::function<void(const ReloadReport&)> done) {
    if (reloader_) return reloader_->request(why, std::move(done));
    ReloadReport report;
    report.hash = state_.settings()->hash;
    report.mistakes.push_back({Mistake::Severity::error, "", 0, 0,
                               "this gateway was started without a config directory"});
    if (done) done(report);
}

Result<void> GatewayImpl::reload_certificates() {
    Result<void> result = public_->reload_certificates();
    if (auto admin = admin_->reload_certificates(); !admin) result = admin;
    return result;
}

std::optional<std::chrono::system_clock::time_point> GatewayImpl::certificate_ends() const {
    const auto first = public_->certificate_ends();
    // The admin listener serves while it is being opened.
    const auto admin = admin_ ? admin_->certificate_ends() : std::nullopt;
    if (!first || !admin) return first ? first : admin;
    return std::min(*first, *admin);
}

std::vector<std::string> GatewayImpl::listening() const {
    std::vector<std::string> addresses;
    for (std::size_t i = 0; i < config().listen.size(); ++i) {
        addresses.push_back(shown_url(public_->address(i), config().listen[i]));
    }
    return addresses;
}

std::vector<std::string> GatewayImpl::start_lines() const {
    std::vector<std::string> lines;
    for (const auto& address : listening()) lines.push_back("listening  " + address);
    lines.push_back("admin      " + admin_url() + "  (/healthz /readyz /metrics)");
    lines.push_back("public     " + state_.config()->public_url + "/hooks/{connection}");
    lines.push_back(embedded_ ? "redis      " + std::string(kEmbeddedNote)
                              : "redis      as configured; /readyz tells whether it is fit");
    if (mail_) lines.push_back("mail       " + mail_->address(0));
    const auto now = state_.config();
    for (const auto& [name, connection] : now->connections) {
        lines.push_back("hook       /hooks/" + name + "  (" + connection.provider + ")");
    }
    return lines;
}

bool GatewayImpl::wait_until_ready(std::chrono::milliseconds patience) const {
    const auto until = std::chrono::steady_clock::now() + patience;
    if (!link_->wait_connected(patience)) return false;
    while (!knows_situations(state_)) {
        if (std::chrono::steady_clock::now() >= until) return false;
        std::this_thread::sleep_for(kSituationPause);
    }
    return true;
}

void GatewayImpl::stop() {
    if (std::exchange(stopped_, true)) return;
    if (watch_) watch_->stop();
    if (public_) public_->stop();
    if (mail_) mail_->stop();
    if (state_.callouts) state_.callouts->stop();
    if (reloader_) reloader_->stop();
    if (steward_) steward_->stop();
    if (link_) link_->stop();
    if (admin_) admin_->stop();
    if (embedded_) embedded_->stop();
}

}  // namespace

Result<std::unique_ptr<Gateway>> Gateway::start(Config config, GatewayOptions options) {
    auto gateway = std::make_unique<GatewayImpl>(std::move(config), std::move(options));
    if (auto opened = gateway->open(); !opened) return tl::unexpected(opened.error());
    return std::unique_ptr<Gateway>(std::move(gateway));
}

}  // namespace tapline
