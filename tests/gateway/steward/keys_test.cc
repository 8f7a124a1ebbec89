#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/intake/identity.h"
#include "tests/gateway/redis/real_redis.h"

namespace tapline {

namespace {

std::size_t files_in(const std::string& folder) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(folder)) ++count;
    return count;
}

}  // namespace

TEST_CASE("key files: reading makes none and says which one is missing") {
    const redis::TempDir dir;
    const std::string tracking = dir.path() + "/keys/tracking";
    const std::string privacy = dir.path() + "/keys/privacy";
    const auto missing = read_keys(tracking, privacy);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ErrorCode::bad_config);
    CHECK(missing.error().message.find(tracking) != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(dir.path() + "/keys"));
    const auto made = load_keys(tracking, privacy, system_random());
    REQUIRE(made);
    const auto read = read_keys(tracking, privacy);
    REQUIRE(read);
    CHECK(read->tracking == made->tracking);
    CHECK(read->privacy == made->privacy);
}

TEST_CASE("key files: a gateway leaves the draft of another one alone") {
    const redis::TempDir dir;
    const std::string draft = dir.path() + "/tracking.new";
    { const std::ofstream other(draft); }
    REQUIRE(load_keys(dir.path() + "/tracking", dir.path() + "/privacy", system_random()));
    CHECK(std::filesystem::exists(draft));
}

TEST_CASE("key files: of many that start at once, all get the same keys and leave no draft") {
    constexpr std::size_t kStarting = 8;
    for (int round = 0; round < 20; ++round) {
        CAPTURE(round);
        const redis::TempDir dir;
        const std::string folder = dir.path() + "/keys";
        std::vector<Result<Keys>> got(kStarting, Keys{});
        std::atomic<bool> go{false};
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < kStarting; ++i) {
            threads.emplace_back([&, i] {
                while (!go.load()) std::this_thread::yield();
                got[i] = load_keys(folder + "/tracking", folder + "/privacy", system_random());
            });
        }
        go.store(true);
        for (auto& thread : threads) thread.join();
        for (const auto& keys : got) {
            REQUIRE(keys);
            CHECK(keys->tracking == got[0]->tracking);
            CHECK(keys->privacy == got[0]->privacy);
        }
        CHECK(files_in(folder) == 2);
    }
}

}  // namespace tapline
