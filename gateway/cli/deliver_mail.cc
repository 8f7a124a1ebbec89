// `tapline deliver-mail`: Postfix' pipe(8) calls it once for each mail and recipient.
//
// Postfix takes every exit code but 0, 71 and 75 for a lasting fault and sends the mail back
// (docs/sources/postfix.md). No fault of ours lasts, so everything that goes wrong ends in 75; what
// is written to standard output begins with a status code of class 4, which Postfix follows
// whatever the exit code is. A signal ends the program as usual: Postfix takes that for temporary
// too.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string>

#include <unistd.h>

#include "adapters/form.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/http_client.h"
#include "gateway/intake/mail_intake.h"

namespace tapline {

namespace {

constexpr std::string_view kUnixScheme = "unix:";
constexpr long kReadSeconds = 60;  // for standard input, on top of the call to the gateway

// One line for Postfix' log and the sender's delay notice: nothing personal in it.
int defer(const std::string& reason) {
    std::printf("4.3.0 tapline: %s\n", reason.c_str());
    std::fflush(stdout);
    return kExitTempFail;
}

// All of standard input, of which the first kDeliveredBytesMax bytes are kept. False when it ends
// in an error: a mail that is cut short by chance must not be taken for the whole.
bool read_mail(std::string& mail) {
    std::string buffer(64u << 10, '\0');
    for (;;) {
        const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (got == 0) return true;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        const std::size_t room = kDeliveredBytesMax - mail.size();
        mail.append(buffer, 0, std::min(room, static_cast<std::size_t>(got)));
    }
}

int deliver(const DeliverMailOptions& options) {
    // Whatever hangs, the signal ends it before Postfix' own limit does, which would be a bounce.
    ::alarm(static_cast<unsigned>(options.seconds + kReadSeconds));
    std::string path = options.socket;
    if (path.starts_with(kUnixScheme)) path = path.substr(kUnixScheme.size());
    if (path.empty()) return defer("no --socket is given");
    if (options.recipient.empty()) return defer("no --recipient is given");
    HttpCall call;
    if (!read_mail(call.body)) return defer("the mail could not be read");
    call.method = "POST";
    call.url = "http://localhost/mail";
    call.unix_path = path;
    call.deadline_seconds = options.seconds;
    // Encoded, since an address may hold what a header may not; in brackets, since curl leaves out
    // a header without a value and the null sender is one.
    call.headers = {{"Content-Type", "message/rfc822"},
                    {std::string(kMailSenderHeader), percent_encode("<" + options.sender + ">")},
                    {std::string(kMailRecipientHeader), percent_encode(options.recipient)}};
    const auto answer = http_call(call);
    if (!answer) return defer("the gateway does not answer at its socket");
    if (answer->status == 200 && answer->durability == "redis") return kExitOk;
    return defer("the gateway answered " + std::to_string(answer->status));
}

}  // namespace

int deliver_mail(const DeliverMailOptions& options) {
    try {
        return deliver(options);
    } catch (const std::exception&) {
        return defer("out of memory");
    }
}

}  // namespace tapline
