#include "gateway/reload/reloader.h"

#include <algorithm>

#include "gateway/log.h"
#include "gateway/reload/restart_keys.h"

namespace tapline {

namespace {

constexpr std::string_view kAlarm = "config";

using Versions = std::map<std::string, std::string>;

Versions versions_of(const Config& config) {
    Versions versions;
    for (const auto& [name, brand] : config.brands) versions[name] = brand->config_version;
    return versions;
}

std::map<std::string, BrandChange> changes_of(const Versions& before, const Versions& after,
                                              const std::map<std::string, BrandFault>& faults) {
    using What = BrandChange::What;
    std::map<std::string, BrandChange> changes;
    for (const auto& [brand, version] : after) {
        const auto old = before.find(brand);
        if (old == before.end()) {
            changes[brand] = {What::added, "", version};
        } else if (old->second != version) {
            changes[brand] = {What::changed, old->second, version};
        }
    }
    for (const auto& [brand, version] : before) {
        if (!after.contains(brand)) changes[brand] = {What::removed, version, ""};
    }
    for (const auto& [brand, fault] : faults) {
        const auto now = after.find(brand);
        const std::string version = now == after.end() ? "" : now->second;
        changes[brand] = {fault.is_kept ? What::kept : What::left_out, version, version};
    }
    return changes;
}

std::string first_error(const std::vector<Mistake>& mistakes) {
    const auto found = std::find_if(mistakes.begin(), mistakes.end(), [](const Mistake& one) {
        return one.severity == Mistake::Severity::error;
    });
    return found == mistakes.end() ? "" : to_string(*found);
}

// Of tapline_reloads_total.
std::string_view result_of(const ReloadReport& report) {
    if (!report.is_used) return "refused";
    return report.has_errors() ? "in part" : "reloaded";
}

void log_reload(std::string_view why, const ReloadReport& report) {
    const std::string changes = changes_text(report);
    std::string waiting;
    for (const auto& key : report.needs_restart) waiting += (waiting.empty() ? "" : ", ") + key;
    if (report.has_errors()) {
        log_error(report.is_used ? "config reloaded in part" : "config not reloaded",
                  {{"why", why},
                   {"changes", changes},
                   {"hash", report.hash},
                   {"first_mistake", first_error(report.mistakes)}});
    } else if (why == kFileChange && changes.empty() && waiting.empty()) {
        log_debug("config read again, nothing changed", {{"hash", report.hash}});
    } else {
        log_info("config reloaded", {{"why", why}, {"changes", changes}, {"hash", report.hash}});
    }
    if (!waiting.empty()) log_warning("config: needs a restart", {{"keys", waiting}});
}

// As the beginning of a text that goes on.
std::string sentence(std::string text) {
    if (!text.ends_with('?') && !text.ends_with('.')) text += '.';
    return text;
}

}  // namespace

std::string fault_text(const BrandFault& fault) {
    const std::size_t more = fault.mistakes.size() - 1;
    return sentence(first_error(fault.mistakes)) +
           (more > 0 ? " More mistakes: " + std::to_string(more) + "." : "") +
           (fault.is_kept ? " Its last good version decides until its files are mended"
                          : " It is left out until its files are mended") +
           "; \"tapline check\" lists all mistakes, and a mended file is read by itself";
}

Reloader::Reloader(ReloaderParts parts) : parts_(std::move(parts)) {
    note_faults(parts_.faults);
}

Reloader::~Reloader() {
    stop();
}

void Reloader::start() {
    thread_ = std::thread([this] { run(); });
}

void Reloader::stop() {
    std::vector<std::pair<std::string, Done>> rest;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        rest.swap(waiting_);
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    for (const auto& [why, done] : rest) {
        if (done) done(refused("the gateway is stopping"));
    }
}

void Reloader::request(std::string_view why, Done done) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) {
            waiting_.emplace_back(why, std::move(done));
            wake_.notify_all();
            return;
        }
    }
    if (done) done(refused("the gateway is stopping"));
}

void Reloader::run() {
    if (parts_.keep) parts_.keep(parts_.good);
    for (;;) {
        std::vector<std::pair<std::string, Done>> asked;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (stopping_) return;
            asked.swap(waiting_);
        }
        const ReloadReport report = reload(asked.front().first);
        for (const auto& [why, done] : asked) {
            if (done) done(report);
        }
    }
}

ReloadReport Reloader::reload(std::string_view why) {
    const auto before = parts_.state->settings();
    SteadyOptions options;
    options.last_good = [this](const std::string&) { return parts_.good; };
    options.leaves_out_new = true;
    options.tests = parts_.tests;
    SteadyLoad load = load_steadily(parts_.files, options);
    ReloadReport report;
    report.mistakes = std::move(load.mistakes);
    report.hash = before->hash;
    report.versions = versions_of(before->config);
    if (!load.config) {
        note_refusal(report);
        parts_.state->metrics.reloads.add(result_of(report), "");
        log_reload(why, report);
        return report;
    }
    report.is_used = true;
    report.needs_restart = keep_until_restart(before->config, *load.config);
    parts_.state->current.use(std::move(*load.config));
    const auto after = parts_.state->settings();
    if (parts_.on_swapped) parts_.on_swapped(before->config, after->config);
    report.hash = after->hash;
    report.versions = versions_of(after->config);
    report.changes = changes_of(versions_of(before->config), report.versions, load.faults);
    parts_.good = std::move(load.good);
    if (parts_.keep) parts_.keep(parts_.good);
    parts_.state->alarms.clear(std::string(kAlarm));
    note_faults(load.faults);
    parts_.state->metrics.reloads.add(result_of(report), "");
    log_reload(why, report);
    return report;
}

void Reloader::note_faults(const std::map<std::string, BrandFault>& faults) {
    const auto alarm = [](const std::string& brand) { return std::string(kAlarm) + "." + brand; };
    for (const std::string& brand : faulty_) {
        if (!faults.contains(brand)) parts_.state->alarms.clear(alarm(brand));
    }
    faulty_.clear();
    for (const auto& [brand, fault] : faults) {
        faulty_.insert(brand);
        parts_.state->alarms.raise(alarm(brand), fault_text(fault));
    }
}

void Reloader::note_refusal(const ReloadReport& report) {
    parts_.state->alarms.raise(
        std::string(kAlarm),
        sentence(first_error(report.mistakes)) +
            " The config from before decides, for all brands, until this is mended; \"tapline "
            "check\" lists all mistakes, and a mended file is read by itself");
}

ReloadReport Reloader::refused(std::string message) const {
    const auto now = parts_.state->settings();
    ReloadReport report;
    report.hash = now->hash;
    report.versions = versions_of(now->config);
    report.mistakes.push_back({Mistake::Severity::error, "", 0, 0, std::move(message)});
    return report;
}

}  // namespace tapline
