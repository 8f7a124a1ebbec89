// The ceiling of everything that accepts through Redis: the accept script that ships, called by a
// client that does nothing else.
//
//     script_bench CONFIG_DIR REQUESTS SOCKET CALLS WINDOW...
//
// Reads CALLS events out of REQUESTS (signed_requests.py), builds for each the very arguments that
// the gateway gives to the script, encodes all of them, and only then begins: WINDOW calls are in
// flight at any time on one Unix socket. For each window, on an emptied Redis, prints one line:
//
//     script {"window":64,"events":50000,"seconds":2.01,"usec_per_call":33.10}
//
// usec_per_call is what Redis itself counts for EVALSHA, without reading, replying and the file.
// Every answer must be "ok", and the queue must hold every event at the end; else it fails.
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "adapters/backends/stream.h"
#include "adapters/sources/registry.h"
#include "config/config.h"
#include "gateway/intake/accept_script.h"
#include "gateway/intake/facts.h"
#include "gateway/intake/identity.h"
#include "gateway/intake/records.h"
#include "gateway/redis/keys.h"
#include "gateway/redis/reply_reader.h"
#include "redis_scripts.h"
#include "routes/place.h"

namespace {

using tapline::redis::Reply;

constexpr std::size_t kLengthDigits = 6;
constexpr std::chrono::seconds kReplyPatience{30};

[[noreturn]] void give_up(const std::string& what) {
    std::fprintf(stderr, "script_bench: %s\n", what.c_str());
    std::exit(1);
}

// One Unix socket to Redis; whatever goes wrong ends the program.
class Client {
  public:
    explicit Client(const std::string& path)
        : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof(address.sun_path)) give_up("socket path too long: " + path);
        std::memcpy(address.sun_path, path.c_str(), path.size());
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
            give_up("cannot connect to " + path + ": " + std::strerror(errno));
        }
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { ::close(fd_); }

    Reply ask(const std::string& command) {
        std::size_t written = 0;
        while (written < command.size()) written += send_some(command, written, command.size());
        std::optional<Reply> answer;
        while (!answer) receive([&](Reply reply) { answer = std::move(reply); });
        if (answer->is_error()) give_up("Redis answered " + answer->text);
        return *std::move(answer);
    }

    // Sends `commands` (whole, each ending at ends[i]) with `window` unanswered at any time.
    double pipeline(const std::string& commands, const std::vector<std::size_t>& ends,
                    std::size_t window) {
        const auto began = std::chrono::steady_clock::now();
        std::size_t written = 0;
        std::size_t answered = 0;
        while (answered < ends.size()) {
            const std::size_t until = ends[std::min(ends.size(), answered + window) - 1];
            if (written < until) written += send_some(commands, written, until);
            const bool full = written == until;
            if (full || is_readable()) {
                receive([&](const Reply& reply) {
                    const bool ok = reply.kind == Reply::Kind::array && !reply.items.empty() &&
                                    reply.items.front().text == "ok";
                    if (!ok) give_up("the script did not answer ok: " + reply.text);
                    ++answered;
                });
            }
        }
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        return took.count();
    }

  private:
    std::size_t send_some(const std::string& bytes, std::size_t from, std::size_t until) const {
        const ssize_t count =
            ::send(fd_, bytes.data() + from, until - from, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EAGAIN && errno != EINTR) give_up(std::strerror(errno));
        return 0;
    }

    bool is_readable() const {
        pollfd polled{fd_, POLLIN | POLLOUT, 0};
        return ::poll(&polled, 1, 1000) > 0 && (polled.revents & POLLIN) != 0;
    }

    template <class OnReply>
    void receive(OnReply&& on_reply) {
        pollfd polled{fd_, POLLIN, 0};
        const auto patience = std::chrono::milliseconds(kReplyPatience);
        if (::poll(&polled, 1, static_cast<int>(patience.count())) <= 0) {
            give_up("no answer of Redis");
        }
        const ssize_t count = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
        if (count <= 0) give_up("Redis ended the connection");
        const auto read = reader_.consume({buffer_.data(), static_cast<std::size_t>(count)},
                                          std::forward<OnReply>(on_reply));
        if (!read) give_up(read.error().message);
    }

    int fd_;
    std::vector<char> buffer_ = std::vector<char>(64 * 1024);
    tapline::redis::ReplyReader reader_;
};

// Turns events into calls of the script, with the records that the calls before have written.
class Calls {
  public:
    Calls(std::shared_ptr<const tapline::Brand> brand, std::string sha1)
        : brand_(std::move(brand)), sha1_(std::move(sha1)) {}

    void add(tapline::Event event) {
        const auto now = event.occurred_at + std::chrono::seconds(1);
        const auto identity = tapline::identify(keys_, brand_->name, event);
        const auto customer = tapline::customer_hash(keys_, brand_->name, event).value_or("");
        if (customer.empty()) give_up("an event without a customer");
        std::string& packed_customer = customers_[customer];
        const auto record = tapline::unpack_customer(packed_customer);
        const auto facts = tapline::facts_of(record);
        const auto place = tapline::place(*brand_, event, std::nullopt);
        const auto decision =
            tapline::evaluate(*brand_, {event, place, facts}, tapline::Situation{}, now);
        const std::string number = identity.number.display();
        auto next = record.value_or(tapline::CustomerRecord{});
        tapline::count_contact(next, identity.number, now);
        auto journey = tapline::found_journey(identity.founder, event, place, now);
        tapline::count_contact(journey, decision);
        journey.customer = customer;
        if (!decision.reply.empty()) journey.replied_at = now;

        tapline::AcceptWrite write;
        write.brand = brand_->name;
        write.founder = identity.founder;
        write.compact_number = identity.number.compact();
        write.customer_hash = customer;
        write.queue = decision.queue;
        write.first_step = decision.due_at;
        write.mark = tapline::pack(tapline::Mark{"queued", number, decision.queue, decision.route,
                                                 decision.due_at, event.body_hash, ""});
        write.journey = tapline::pack(journey);
        write.journey_life = tapline::kJourneyLife;
        write.customer_read = packed_customer;
        write.customer = tapline::pack(next);
        write.fact = tapline::event_fact({*brand_, event, place, decision, number, customer, now});
        const std::string suggested = filled(decision.reply, number);
        write.entry = tapline::stream_entry(
            {*brand_, event, place, decision, facts, number, "", now, "redis", suggested});
        encode(tapline::AcceptWords(write));
        packed_customer = write.customer;
        ++queues_[tapline::redis::queue_key(brand_->name, decision.queue)];
    }

    const std::string& commands() const { return commands_; }
    const std::vector<std::size_t>& ends() const { return ends_; }
    const std::map<std::string, std::int64_t>& queues() const { return queues_; }

  private:
    std::string filled(std::string reply, const std::string& number) const {
        for (const auto& [name, value] :
             {std::pair<std::string, std::string>("{brand}", brand_->shown_name()),
              {"{tracking_number}", number}}) {
            const auto at = reply.find(name);
            if (at != std::string::npos) reply.replace(at, name.size(), value);
        }
        return reply;
    }

    void encode(const tapline::AcceptWords& words) {
        using tapline::redis::append_word;
        tapline::redis::append_command_header(commands_,
                                              3 + words.keys().size() + words.args().size());
        append_word(commands_, "EVALSHA");
        append_word(commands_, sha1_);
        append_word(commands_, std::to_string(words.keys().size()));
        for (const auto word : words.keys()) append_word(commands_, word);
        for (const auto word : words.args()) append_word(commands_, word);
        ends_.push_back(commands_.size());
    }

    std::shared_ptr<const tapline::Brand> brand_;
    std::string sha1_;
    tapline::Keys keys_{std::string(32, 't'), std::string(32, 'p')};
    std::map<std::string, std::string> customers_;
    std::string commands_;
    std::vector<std::size_t> ends_;
    std::map<std::string, std::int64_t> queues_;
};

struct HttpParts {
    std::string_view path;
    std::string_view head;
    std::string_view body;
};

HttpParts split_request(std::string_view record) {
    const auto gap = record.find("\r\n\r\n");
    const auto begin = record.find(' ') + 1;
    if (gap == std::string_view::npos) give_up("a record is not a request");
    return {record.substr(begin, record.find(' ', begin) - begin), record.substr(0, gap),
            record.substr(gap + 4)};
}

// Adds the events of one request; stops at `most` calls in all.
void add_request(const HttpParts& request, Calls& calls, std::size_t most) {
    const bool is_hook = request.path.starts_with("/hooks/");
    const auto* source = tapline::find_source(is_hook ? "instagram" : "events");
    if (source == nullptr) give_up("the provider is not known");
    const std::vector<std::pair<std::string_view, std::string_view>> headers = {
        {"content-type", is_hook ? "application/json" : "application/x-ndjson"}};
    tapline::SourceRequest sent;
    sent.method = "POST";
    sent.path = request.path;
    sent.body = request.body;
    sent.headers = headers;
    tapline::SourceSecrets secrets;
    secrets.connection = is_hook ? "instagram-main" : "events";
    const auto now =
        std::chrono::time_point_cast<tapline::Milliseconds>(std::chrono::system_clock::now());
    const auto items = source->parse(sent, secrets, now);
    if (!items) give_up(items.error().message);
    for (const auto& item : *items) {
        if (calls.ends().size() == most) return;
        if (!item.event) give_up(item.event.error());
        tapline::Event event = *item.event;
        event.connection = secrets.connection;
        event.auth = is_hook ? "signature" : "api_key";
        calls.add(std::move(event));
    }
}

void read_calls(const std::string& path, std::size_t most, Calls& calls) {
    std::ifstream file(path, std::ios::binary);
    std::string length(kLengthDigits, '\0');
    std::string record;
    while (calls.ends().size() < most && file.read(length.data(), kLengthDigits)) {
        record.resize(std::stoul(length));
        if (!file.read(record.data(), static_cast<std::streamsize>(record.size()))) break;
        add_request(split_request(record), calls, most);
    }
    if (calls.ends().size() < most) give_up(path + " has too few events");
}

// The named number in INFO commandstats.
double usec_per_call(Client& client) {
    const Reply info = client.ask(tapline::redis::encode({"INFO", "commandstats"}));
    const auto line = info.text.find("cmdstat_evalsha:");
    const auto field = info.text.find("usec_per_call=", line);
    if (line == std::string::npos || field == std::string::npos) give_up("INFO has no evalsha");
    return std::strtod(info.text.c_str() + field + std::strlen("usec_per_call="), nullptr);
}

void run_window(Client& client, const Calls& calls, std::size_t window) {
    using tapline::redis::encode;
    client.ask(encode({"FLUSHALL"}));
    client.ask(encode({"CONFIG", "RESETSTAT"}));
    const double seconds = client.pipeline(calls.commands(), calls.ends(), window);
    for (const auto& [queue, events] : calls.queues()) {
        if (client.ask(encode({"XLEN", queue})).integer != events) give_up("XLEN of " + queue);
    }
    std::printf("script {\"window\":%zu,\"events\":%zu,\"seconds\":%.6f,\"usec_per_call\":%.3f}\n",
                window, calls.ends().size(), seconds, usec_per_call(client));
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 6) give_up("usage: script_bench CONFIG_DIR REQUESTS SOCKET CALLS WINDOW...");
    const std::string config_dir = argv[1];
    const auto loaded = tapline::load_config(tapline::disk_access(config_dir));
    if (!loaded.config || !loaded.config->brands.contains("acme")) {
        give_up("cannot load the config " + config_dir);
    }
    Client client(argv[3]);
    const auto sha1 =
        client.ask(tapline::redis::encode({"SCRIPT", "LOAD", tapline::kScriptAccept})).text;
    Calls calls(loaded.config->brands.at("acme"), sha1);
    read_calls(argv[2], std::stoul(argv[4]), calls);
    for (int i = 5; i < argc; ++i) run_window(client, calls, std::stoul(argv[i]));
    return 0;
}
