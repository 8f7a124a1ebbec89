// The command line: one function a command, each in a file of its own name.
//
// Exit codes: 0 ok, 1 findings or a failure that the message explains, 2 wrong usage, 78 bad
// config.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tapline {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFindings = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitTempFail = 75;  // of deliver-mail: a mail server keeps the mail
inline constexpr int kExitConfig = 78;

int run_cli(int argc, char** argv);

struct ServeOptions {
    std::string config_dir;
    bool tour = false;  // prints commands to try next
    std::string log_level = "info";
    std::string log_file;  // relative to data_dir; "" = standard error
    std::string program;
};
int serve(const ServeOptions& options);

struct CheckOptions {
    std::string config_dir;
    bool json = false;
};
int check(const CheckOptions& options);

struct InitOptions {
    std::string brand;
    std::string config_dir = "tapline-config";
};
int init(const InitOptions& options);

struct SendOptions {
    std::string provider;
    std::string config_dir;  // "" = the running gateway's
    std::string connection;  // "" = the first of that provider
    std::string brand;       // for `events`; "" = the only one
    std::string text;
    std::string from;
    std::string to;
    std::string ref;
    std::string id;
    std::string file;          // "-" = standard input
    std::string content_type;  // of the file, for `events`; "" = by its name, else JSON
    std::string channel;       // for `events`; "" = the button's, else text
    bool call = false;
};
int send(const SendOptions& options);

struct DeliverMailOptions {
    std::string socket;  // "/run/tapline/mail.sock"
    std::string sender;  // "": the null sender
    std::string recipient;
    long seconds = 60;  // total, from the first byte sent
};
// kExitOk or kExitTempFail, whatever happens.
int deliver_mail(const DeliverMailOptions& options);

struct TailOptions {
    std::string queue;
    std::string config_dir;
    std::string brand;
    int count = 10;
    bool follow = true;
    bool json = false;
};
int tail(const TailOptions& options);

struct TrackOptions {
    std::string number;
    std::string config_dir;
    std::string brand;
    bool json = false;
};
int track(const TrackOptions& options);

struct DoctorOptions {
    std::string config_dir;
    bool json = false;
};
int doctor(const DoctorOptions& options);

struct ChannelsOptions {
    std::string config_dir;
    bool json = false;
};
int channels(const ChannelsOptions& options);

struct ReloadCommand {
    std::string config_dir;
    bool json = false;
};
int reload(const ReloadCommand& options);

struct SwitchOptions {
    std::string name;   // "" = list them
    std::string state;  // "on", "off"
    std::string until;
    std::string reason;
    std::string author;  // "" = the login name
    std::vector<std::string> regions;
    std::string brand;
    std::string config_dir;
    bool json = false;
};
int turn_switch(const SwitchOptions& options);

struct SuppressOptions {
    std::string action;  // "add", "remove", "list"
    std::string phone;
    std::string email;
    std::string id;
    std::string profile;  // whose platform gave the id
    std::string until;
    std::string reason;
    std::string author;  // "" = the login name
    std::string brand;
    std::string config_dir;
    bool json = false;
};
int suppress(const SuppressOptions& options);

}  // namespace tapline
