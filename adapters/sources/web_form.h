// What the config says of one connection of provider `web`: which pages may post, and what their
// fields mean. A plain value.
#pragma once

#include <string>
#include <vector>

namespace tapline {

struct WebForm {
    // "https://www.acme.example": scheme, host and port as a browser writes them in `Origin`.
    std::vector<std::string> origins;
    std::string thanks;    // where a plain form's visitor goes on; "" for a page of our own
    std::string honeypot;  // a field that people do not see and robots fill; "" for none
    // The form's names of what we know.
    std::string name = "name";
    std::string email = "email";
    std::string phone = "phone";
    std::string message = "message";
    std::string subject = "subject";
    // Submits a minute: of one client (IPv4 address or IPv6 /64), and of all together.
    std::size_t client_per_minute = 10;
    std::size_t all_per_minute = 600;
};

}  // namespace tapline
