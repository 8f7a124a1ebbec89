// Waits for something that another thread or process does.
#pragma once

#include <chrono>
#include <thread>

namespace tapline::redis {

// Whether `condition` became true within half a minute.
template <class Condition>
bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace tapline::redis
