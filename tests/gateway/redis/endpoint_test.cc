#include "gateway/redis/endpoint.h"

#include <string>

#include <doctest/doctest.h>

namespace tapline::redis {

TEST_CASE("redis endpoint: reads every form of the URL") {
    struct Row {
        std::string url, host;
        int port;
        std::string unix_path;
        bool tls;
        std::string ca, user, password;
        int database;
    };
    const Row rows[] = {
        {"redis://h", "h", 6379, "", false, "", "", "", 0},
        {"redis://h:1/3", "h", 1, "", false, "", "", "", 3},
        {"redis://u:p%40%3A%2f@h:7/0", "h", 7, "", false, "", "u", "p@:/", 0},
        {"redis://:p/w@h", "h", 6379, "", false, "", "", "p/w", 0},
        {"redis://[::1]:7000/1", "::1", 7000, "", false, "", "", "", 1},
        {"rediss://r.example", "r.example", 6379, "", true, "", "", "", 0},
        {"rediss://a:b@r.example:6380/2?ca=/c%20a.pem", "r.example", 6380, "", true, "/c a.pem",
         "a", "b", 2},
        {"unix:/run/r.sock", "", 6379, "/run/r.sock", false, "", "", "", 0},
        {"unix:///run/r.sock?database=4&user=u&password=%20p", "", 6379, "/run/r.sock", false, "",
         "u", " p", 4},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        const auto endpoint = parse_endpoint(row.url);
        REQUIRE(endpoint);
        CHECK(endpoint->host == row.host);
        CHECK(endpoint->port == row.port);
        CHECK(endpoint->unix_path == row.unix_path);
        CHECK(endpoint->tls == row.tls);
        CHECK(endpoint->ca_file == row.ca);
        CHECK(endpoint->user == row.user);
        CHECK(endpoint->password == row.password);
        CHECK(endpoint->database == row.database);
    }
}

TEST_CASE("redis endpoint: refuses what it does not know, without quoting the secret") {
    const std::string urls[] = {
        "",
        "h:6379",
        "http://secret@h",
        "redis://",
        "redis://:secret@",
        "redis://u:secret@h:0",
        "redis://u:secret@h:65536",
        "redis://u:secret@h:6379x",
        "redis://u:secret@h:",
        "redis://u:secret@h/x",
        "redis://u:secret@h/-1",
        "redis://u:secret@h/1/2",
        "redis://u:secret%@h",
        "redis://u:secret%4@h",
        "redis://u:secret%zz@h",
        "redis://u:secret%00@h",
        "redis://secret@h",
        "redis://u:secret@[::1",
        "redis://u:secret@[::1]7",
        "redis://u:secret@h?ca=/x",
        "rediss://u:secret@h?ca=",
        "rediss://u:secret@h?verify=no",
        "unix:run/secret.sock",
        "unix:/s?pass=secret",
        "unix:/s?user=secret",
        "unix:/secret" + std::string(101, 's'),
        "sentinel://secret@h",
    };
    for (const std::string& url : urls) {
        CAPTURE(url);
        const auto endpoint = parse_endpoint(url);
        REQUIRE(!endpoint);
        CHECK(endpoint.error().code == ErrorCode::bad_config);
        CHECK(endpoint.error().message.starts_with("redis URL: "));
        CHECK(endpoint.error().message.find("secret") == std::string::npos);
    }
}

TEST_CASE("redis endpoint: the description has no credentials") {
    CHECK(describe(*parse_endpoint("redis://u:p@[::1]:7/2")) == "redis://[::1]:7/2");
    CHECK(describe(*parse_endpoint("rediss://u:p@h?ca=/x")) == "rediss://h:6379/0");
    CHECK(describe(*parse_endpoint("unix:/s?password=p")) == "unix:/s");
    CHECK(describe(*parse_endpoint("unix:/s?database=1")) == "unix:/s?database=1");
}

}  // namespace tapline::redis
