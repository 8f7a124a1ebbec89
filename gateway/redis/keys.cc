#include "gateway/redis/keys.h"

namespace tapline::redis {

namespace {

std::string key_of(std::string_view brand, std::string_view kind, std::string_view name = {},
                   std::string_view part = {}) {
    constexpr std::string_view kBegin = "tapline:{";
    std::string key;
    key.reserve(kBegin.size() + brand.size() + 2 + kind.size() + name.size() + part.size());
    key.append(kBegin).append(brand).append("}:").append(kind).append(name).append(part);
    return key;
}

}  // namespace

std::string brand_key(std::string_view brand, std::string_view rest) {
    return key_of(brand, rest);
}

std::string queue_key(std::string_view brand, std::string_view queue) {
    return key_of(brand, "queue:", queue);
}

std::string about_key(std::string_view brand, std::string_view queue) {
    return key_of(brand, "queue:", queue, ":about");
}

std::string journey_key(std::string_view brand, std::string_view compact_number) {
    return key_of(brand, "journey:", compact_number);
}

std::string customer_key(std::string_view brand, std::string_view hash) {
    return key_of(brand, "customer:", hash);
}

std::string call_key(std::string_view brand, std::string_view hash) {
    return key_of(brand, "call:", hash);
}

std::string seen_key(std::string_view brand, std::string_view hash) {
    return key_of(brand, "seen:", hash);
}

std::string thread_key(std::string_view brand, std::string_view hash) {
    return key_of(brand, "thread:", hash);
}

std::string held_key(std::string_view brand, std::string_view ident) {
    return key_of(brand, "held:", ident);
}

std::string switched_key(std::string_view brand, std::string_view switch_name) {
    return key_of(brand, "switched:", switch_name);
}

std::string gather_key(std::string_view brand, std::string_view customer_hash) {
    return key_of(brand, "gather:", customer_hash);
}

std::string topic_key(std::string_view brand, std::string_view topic) {
    return key_of(brand, "topic:", topic);
}

}  // namespace tapline::redis
