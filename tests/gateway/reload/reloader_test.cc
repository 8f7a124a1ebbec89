// Reloading with files in memory, and what tells that files were changed.
#include "gateway/reload/reloader.h"

#include <filesystem>
#include <fstream>
#include <future>

#include <doctest/doctest.h>

#include "gateway/reload/config_watch.h"
#include "gateway/reload/last_good_store.h"
#include "tests/gateway/redis/real_redis.h"

namespace tapline {
namespace {

using Files = std::map<std::string, std::string>;

FileAccess access_to(const Files& files) {
    FileAccess access;
    access.directory = "etc";
    access.read = [&files](const std::string& path) -> std::optional<std::string> {
        const auto found = files.find(path);
        return found == files.end() ? std::nullopt : std::optional(found->second);
    };
    access.list = [&files](const std::string& folder) {
        std::vector<std::string> names;
        for (const auto& [path, bytes] : files) {
            if (path.starts_with(folder + "/")) names.push_back(path.substr(folder.size() + 1));
        }
        return names;
    };
    access.environment = [](const std::string&) { return std::nullopt; };
    return access;
}

std::string brand_file(const std::string& brand, const std::string& queue) {
    return "config: 1\nbrand: " + brand + "\nowner: ops@acme.example\nqueues: {" + queue +
           ": {}}\nroutes: [{name: default, to: " + queue + "}]\n";
}

struct Running {
    Running() {
        SteadyLoad load = load_steadily(access_to(files), {});
        REQUIRE(load.config);
        state.current.use(std::move(*load.config));
        ReloaderParts parts;
        parts.files = access_to(files);
        parts.state = &state;
        parts.good = std::move(load.good);
        parts.keep = [this](const LastGood& good) { kept = good; };
        parts.on_swapped = [this](const Config& old, const Config& next) {
            swaps.push_back(config_hash(old) + " " + config_hash(next));
        };
        reloader = std::make_unique<Reloader>(std::move(parts));
    }
    std::string alarm(const std::string& name) const {
        const auto all = state.alarms.all();
        const auto found = all.find(name);
        return found == all.end() ? "" : found->second;
    }

    Files files = {{"tapline.yaml", "config: 1\n"},
                   {"brands/acme.yaml", brand_file("acme", "care")},
                   {"brands/bmart.yaml", brand_file("bmart", "help")}};
    GatewayState state;
    LastGood kept;
    std::vector<std::string> swaps;
    std::unique_ptr<Reloader> reloader;
};

TEST_CASE("reload: what changed decides, and whoever holds the old version keeps it") {
    Running running;
    const auto held = running.state.settings();
    running.files["brands/acme.yaml"] = brand_file("acme", "sales");
    running.files.erase("brands/bmart.yaml");
    running.files["brands/cstore.yaml"] = brand_file("cstore", "help");
    const ReloadReport report = running.reloader->reload("test");
    CHECK(report.is_used);
    CHECK_FALSE(report.has_errors());
    CHECK(report.changes.at("acme").what == BrandChange::What::changed);
    CHECK(report.changes.at("bmart").what == BrandChange::What::removed);
    CHECK(report.changes.at("cstore").what == BrandChange::What::added);
    CHECK(report.hash != held->hash);
    CHECK(report.hash == running.state.settings()->hash);
    CHECK(running.swaps == std::vector<std::string>{held->hash + " " + report.hash});
    CHECK(held->config.brands.at("acme")->queues.contains("care"));
    CHECK(running.state.brands()->named("acme")->queues.contains("sales"));
    CHECK(running.state.brands()->named("bmart") == nullptr);
    CHECK(running.kept.size() == 2);
}

TEST_CASE("reload: a bad brand raises its alarm until it is mended") {
    Running running;
    running.files["brands/acme.yaml"] = brand_file("acme", "care") + "ruotes: []\n";
    const ReloadReport bad = running.reloader->reload("test");
    CHECK(bad.is_used);
    CHECK(bad.has_errors());
    CHECK(bad.changes.at("acme").what == BrandChange::What::kept);
    CHECK(running.alarm("config.acme").starts_with("brands/acme.yaml:6:1: "));
    CHECK(running.alarm("config.acme").find("last good version") != std::string::npos);
    CHECK(running.alarm("config") == "");
    running.files["brands/acme.yaml"] = brand_file("acme", "care");
    CHECK_FALSE(running.reloader->reload("test").has_errors());
    CHECK(running.alarm("config.acme") == "");
    CHECK(running.state.metrics.reloads.value("in part", "") == 1);
    CHECK(running.state.metrics.reloads.value("reloaded", "") == 1);
    std::string page;
    running.state.metrics.write(page);
    CHECK(page.find("\ntapline_reloads_total{result=\"in part\"} 1\n") != std::string::npos);
}

TEST_CASE("reload: a broken tapline.yaml leaves everything as it was, with an alarm") {
    Running running;
    const std::string hash = running.state.settings()->hash;
    running.files["tapline.yaml"] = "config: 1\nlisten: [\n";
    running.files["brands/acme.yaml"] = brand_file("acme", "sales");
    const ReloadReport report = running.reloader->reload("test");
    CHECK_FALSE(report.is_used);
    CHECK(report.hash == hash);
    CHECK(running.swaps.empty());
    CHECK(running.state.metrics.reloads.value("refused", "") == 1);
    CHECK(running.alarm("config").starts_with("tapline.yaml:"));
    running.files["tapline.yaml"] = "config: 1\n";
    CHECK(running.reloader->reload("test").is_used);
    CHECK(running.alarm("config") == "");
}

TEST_CASE("reload: keys that need a restart are named and keep their values") {
    Running running;
    running.files["tapline.yaml"] =
        "config: 1\nlisten: 127.0.0.1:9999\ntrusted_proxies: [10.0.0.0/8]\n"
        "limits: {connections: 5, quarantine_entries: 7}\ndata_dir: /var/lib/other\n"
        "keys: {tracking: file:a, privacy: file:b}\n";
    const ReloadReport report = running.reloader->reload("test");
    CHECK(report.needs_restart == std::vector<std::string>{"listen", "trusted_proxies",
                                                           "limits.connections", "data_dir",
                                                           "keys"});
    const auto config = running.state.config();
    CHECK(config->listen.at(0).address == "127.0.0.1:8080");
    CHECK(config->limits.connections == 60'000);
    CHECK(config->limits.quarantine_entries == 7);
    CHECK(config->data_dir == "etc/data");
}

TEST_CASE("reload: each request is answered, also those that come during a reload or at the end") {
    Running running;
    running.reloader->start();
    std::vector<std::future<bool>> answers;
    for (int i = 0; i < 20; ++i) {
        auto told = std::make_shared<std::promise<bool>>();
        answers.push_back(told->get_future());
        running.reloader->request(
            "test", [told](const ReloadReport& report) { told->set_value(report.is_used); });
    }
    for (auto& answer : answers) CHECK(answer.get());
    running.reloader->stop();
    bool used = true;
    running.reloader->request("test", [&](const ReloadReport& report) { used = report.is_used; });
    CHECK_FALSE(used);
}

TEST_CASE("config watch: a change is told once it has been left alone for a second") {
    using std::chrono::milliseconds;
    Settling settling("a");
    const Settling::Moment start{};
    struct Row {
        int at_ms;
        const char* state;
        bool told;
    };
    const Row rows[] = {{0, "a", false},    {100, "b", false},  {900, "b", false},
                        {1050, "c", false}, {1200, "c", false}, {2049, "c", false},
                        {2050, "c", true},  {9000, "c", false}, {9100, "a", false},
                        {10100, "a", true}};
    for (const Row& row : rows) {
        CAPTURE(row.at_ms);
        CHECK(settling.look(row.state, start + milliseconds(row.at_ms)) == row.told);
    }
    // Put back before anybody was told: nothing to tell.
    CHECK_FALSE(settling.look("d", start + milliseconds(20'000)));
    CHECK_FALSE(settling.look("a", start + milliseconds(20'100)));
    CHECK_FALSE(settling.look("a", start + milliseconds(30'000)));
}

TEST_CASE("config watch: sees brand files, tables and moved links, and no editor's leavings") {
    namespace fs = std::filesystem;
    const redis::TempDir temp;
    const fs::path root = temp.path();
    const auto write = [&](const std::string& path, const std::string& text) {
        fs::create_directories((root / path).parent_path());
        std::ofstream(root / path) << text;
    };
    write("c/tapline.yaml", "a");
    write("c/..1/acme.yaml", "a");
    write("c/..2/acme.yaml", "b");
    fs::create_directory_symlink("..1", root / "c" / "..data");
    fs::create_directory(root / "c" / "brands");
    fs::create_symlink("../..data/acme.yaml", root / "c" / "brands" / "acme.yaml");
    const std::string directory = (root / "c").string();
    std::string state = look_at_config(directory).state;
    const auto changed = [&] {
        const std::string now = look_at_config(directory).state;
        return std::exchange(state, now) != now;
    };
    for (const char* path : {"c/.tapline.yaml.swp", "c/4913", "c/brands/acme.yaml~",
                             "c/brands/.acme.yaml.tmp", "c/data/x.yaml", "c/brands/#acme.yaml#"}) {
        CAPTURE(path);
        write(path, "x");
        CHECK_FALSE(changed());
    }
    for (const char* path : {"c/tapline.yaml", "c/brands/bmart.yaml", "c/brands/c/1.yaml",
                             "c/tables/vips.csv", "c/tables/us/days.csv"}) {
        CAPTURE(path);
        write(path, "more");
        CHECK(changed());
    }
    fs::create_directory_symlink("..2", root / "c" / "..new");
    fs::rename(root / "c" / "..new", root / "c" / "..data");
    CHECK(changed());
}

TEST_CASE("last good store: what is kept is read back, and what is gone is removed") {
    const redis::TempDir temp;
    BrandFiles acme{{{"brands/acme.yaml", "a: 1\n"}, {"tables/50%.csv", "x\n"}},
                    {{"secrets/key", "hidden"}}};
    const BrandFiles bmart{{{"brands/bmart.yaml", "b\n"}}, {}};
    LastGoodStore store(temp.path());
    CHECK(store.read().empty());
    REQUIRE(store.keep({{"acme", acme}, {"bmart", bmart}}));
    CHECK(store.read().at("acme").files == acme.files);
    CHECK(store.read().at("acme").secrets.empty());
    acme.files.erase("tables/50%.csv");
    acme.files["brands/acme.yaml"] = "a: 2\n";
    REQUIRE(LastGoodStore(temp.path()).keep({{"acme", acme}}));
    CHECK(store.read().size() == 1);
    CHECK(store.read().at("acme").files == acme.files);
    std::size_t names = 0;
    for ([[maybe_unused]] const auto& one :
         std::filesystem::recursive_directory_iterator(temp.path())) {
        ++names;
    }
    CHECK(names == 3);  // last_good, acme, and the one file
}

}  // namespace
}  // namespace tapline
