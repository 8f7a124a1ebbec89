#include "gateway/redis/patience.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <system_error>

#include <poll.h>

namespace tapline::redis {

Result<void> wait_for(int fd, short events, const Patience& patience) {
    std::array<pollfd, 2> polled{{{fd, events, 0}, {patience.cancel_fd, POLLIN, 0}}};
    while (true) {
        const std::chrono::nanoseconds left = patience.until - Monotonic::now();
        const auto ns = std::max<std::int64_t>(left.count(), 0);
        const timespec timeout{static_cast<time_t>(ns / 1'000'000'000),
                               static_cast<long>(ns % 1'000'000'000)};
        const int ready = ::ppoll(polled.data(), polled.size(), &timeout, nullptr);
        if (ready < 0 && errno != EINTR) {
            return fail(ErrorCode::unavailable,
                        "cannot wait: " + std::generic_category().message(errno));
        }
        if (ready == 0 && ns == 0) return fail(ErrorCode::unavailable, "timed out");
        if (ready <= 0) continue;
        if (polled[1].revents != 0) return fail(ErrorCode::unavailable, "cancelled");
        if (polled[0].revents != 0) return {};
    }
}

}  // namespace tapline::redis
