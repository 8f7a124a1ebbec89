#include <cstdio>
#include <filesystem>

#include <signal.h>
#include <unistd.h>

#include "config/tools/run_tests.h"
#include "gateway/app.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"
#include "gateway/cli/tour.h"
#include "gateway/log.h"
#include "gateway/reload/config_watch.h"
#include "gateway/reload/last_good_store.h"
#include "gateway/version.h"

namespace tapline {

namespace {

constexpr std::chrono::seconds kReadyPatience{15};
constexpr std::chrono::milliseconds kReadySlice{100};

void print_mistakes(const std::vector<Mistake>& mistakes) {
    for (const auto& mistake : mistakes) {
        std::fprintf(stderr, "%s\n", printable(to_string(mistake)).c_str());
    }
}

void print_kept(const std::map<std::string, BrandFault>& faults) {
    for (const auto& [brand, fault] : faults) {
        std::fprintf(stderr,
                     "tapline: brand %s has mistakes, so its last good version decides; mend its "
                     "files, they are read by themselves\n",
                     brand.c_str());
    }
}

// A sentence for each of the config's tests that fails.
std::vector<std::string> failed_tests(const Config& config) {
    std::vector<std::string> failures;
    for (const TestResult& result : run_tests(config)) {
        for (const TestFailure& failure : result.failures) {
            failures.push_back("test \"" + result.name + "\" (" +
                               pointer_to(result.where, Where{}) + ") expects " + failure.key +
                               " " + failure.expected + " and gets " + failure.got +
                               "; \"tapline test\" shows why");
        }
    }
    return failures;
}

// A brand with mistakes starts with the version that an earlier run has kept of it.
SteadyLoad load_for_start(const ReloadOptions& reload) {
    SteadyOptions options;
    options.tests = reload.tests;
    options.last_good = [](const std::string& data_dir) {
        return data_dir.empty() ? LastGood{} : LastGoodStore(data_dir).read();
    };
    return load_steadily(reload.files, options);
}

void print_tour(const Config& config, const std::string& program) {
    std::printf("\nTry next, in another terminal:\n");
    for (const auto& command : tour(config, program)) std::printf("  %s\n", command.c_str());
    std::printf("Ctrl-C ends it.\n");
}

// Signals are taken by sigwait in the main thread, so no handler runs anywhere.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    return signals;
}

// False when the operator ended it before it was ready.
bool wait_until_ready(const sigset_t& signals, const Gateway& gateway) {
    const auto until = std::chrono::steady_clock::now() + kReadyPatience;
    const timespec at_once{};
    while (!gateway.wait_until_ready(kReadySlice)) {
        const int signal = sigtimedwait(&signals, nullptr, &at_once);
        if (signal == SIGINT || signal == SIGTERM) return false;
        if (std::chrono::steady_clock::now() >= until) {
            std::printf("NOT READY: see %s/readyz\n", gateway.admin_url().c_str());
            break;
        }
    }
    return true;
}

Running running_of(const ServeOptions& options, const Config& config, const Gateway& gateway) {
    Running running;
    running.pid = ::getpid();
    running.config_dir = std::filesystem::weakly_canonical(options.config_dir).string();
    running.public_address = gateway.public_address(0);
    running.admin_address = gateway.admin_address();
    const std::string& certificate = config.admin.certificate;
    if (!certificate.empty()) {
        running.admin_certificate = std::filesystem::absolute(certificate).string();
    }
    return running;
}

void wait_for_end(const sigset_t& signals, Gateway& gateway, const std::string& log_file) {
    for (;;) {
        int signal = 0;
        if (sigwait(&signals, &signal) != 0) continue;
        if (signal != SIGHUP) return;
        if (!log_file.empty()) set_log_file(log_file);
        const auto reloaded = gateway.reload_certificates();
        if (reloaded) {
            log_info("certificates read again");
        } else {
            log_error("certificates not changed", {{"reason", reloaded.error().message}});
        }
        gateway.reload("SIGHUP", {});
    }
}

// What runs now, for whoever reads the log later: "acme 3f2a9c01d4e7" is a brand and the version of
// its config.
void log_start(const Running& running, const Config& config, const Gateway& gateway) {
    std::string brands;
    for (const auto& [name, brand] : config.brands) {
        brands += (brands.empty() ? "" : ", ") + name + " " + brand->config_version;
    }
    std::string listening;
    for (std::size_t i = 0; i < config.listen.size(); ++i) {
        listening += (listening.empty() ? "" : ", ") + gateway.public_address(i);
    }
    log_info("started", {{"version", kVersion},
                         {"config", running.config_dir},
                         {"brands", brands},
                         {"listening", listening},
                         {"admin", running.admin_address}});
}

}  // namespace

int serve(const ServeOptions& options) {
    const sigset_t signals = block_signals();
    set_log_level(parse_log_level(options.log_level).value_or(LogLevel::info));
    ReloadOptions reload;
    reload.files = disk_access(options.config_dir);
    reload.tests = failed_tests;
    reload.seen = look_at_config(options.config_dir).state;
    SteadyLoad loaded = load_for_start(reload);
    print_mistakes(loaded.mistakes);
    print_kept(loaded.faults);
    if (!loaded.config) {
        std::fprintf(stderr, "tapline: the config has mistakes; nothing was started\n");
        return kExitConfig;
    }
    const std::string data_dir = loaded.config->data_dir;
    std::error_code failed;
    std::filesystem::create_directories(data_dir, failed);
    if (failed) {
        return complain(
            {ErrorCode::bad_config, "data_dir: cannot make " + data_dir + ": " + failed.message()});
    }
    // An absolute path stays what it is.
    const std::string log_file =
        options.log_file.empty() ? ""
                                 : (std::filesystem::path(data_dir) / options.log_file).string();
    if (!log_file.empty() && !set_log_file(log_file)) {
        return complain({ErrorCode::bad_config, "--log-file: cannot write " + log_file});
    }
    const Config config = *loaded.config;
    reload.good = std::move(loaded.good);
    reload.faults = std::move(loaded.faults);
    GatewayOptions gateway_options;
    gateway_options.reload = std::move(reload);
    auto gateway = Gateway::start(config, std::move(gateway_options));
    if (!gateway) return complain(gateway.error());

    const Running running = running_of(options, config, **gateway);
    const RunningFile file(running, data_dir);
    for (const auto& warning : file.warnings()) {
        std::fprintf(stderr, "tapline: warning: %s\n", printable(warning).c_str());
        log_warning("run file not written", {{"detail", warning}});
    }
    log_start(running, config, **gateway);

    const bool go_on = wait_until_ready(signals, **gateway);
    std::printf("Tapline serves %s\n", options.config_dir.c_str());
    for (const auto& line : (*gateway)->start_lines()) std::printf("  %s\n", line.c_str());
    if (options.tour) print_tour(config, options.program);
    std::fflush(stdout);

    if (go_on) wait_for_end(signals, **gateway, log_file);
    std::printf("finishing what was read ...\n");
    std::fflush(stdout);
    log_info("stopping", {{"version", kVersion}, {"config", running.config_dir}});
    (*gateway)->stop();
    std::printf("stopped\n");
    return kExitOk;
}

}  // namespace tapline
