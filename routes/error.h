// Errors are values. Each code is named by what the caller should do, not by what went wrong:
// the text says what went wrong, on what, and why. Neither carries secrets or personal data.
//
//     Result<int> port = parse_port(text);
//     if (!port) return tl::unexpected(port.error());
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace tapline {

enum class ErrorCode {
    bad_request,   // the sender must change the request; never retry as it is
    unauthorized,  // the sender must prove who it is
    unavailable,   // try again later with the same ids; whether it happened may be unknown
    full,          // a limit is reached; try again later
    corrupt,       // a peer or a file said something that it must not; alarm
    bad_config,    // the operator must mend a file or a setting
};

struct Error {
    ErrorCode code = ErrorCode::corrupt;
    std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
    return tl::unexpected(Error{code, std::move(message)});
}

}  // namespace tapline
