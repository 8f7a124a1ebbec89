#include "gateway/redis/keys.h"

namespace tapline::redis {

std::string brand_key(std::string_view brand, std::string_view rest) {
    std::string key;
    key.reserve(12 + brand.size() + rest.size());
    key.append("tapline:{").append(brand).append("}:").append(rest);
    return key;
}

std::string queue_key(std::string_view brand, std::string_view queue) {
    return brand_key(brand, "queue:").append(queue);
}

std::string about_key(std::string_view brand, std::string_view queue) {
    return queue_key(brand, queue).append(":about");
}

std::string journey_key(std::string_view brand, std::string_view compact_number) {
    return brand_key(brand, "journey:").append(compact_number);
}

std::string customer_key(std::string_view brand, std::string_view hash) {
    return brand_key(brand, "customer:").append(hash);
}

std::string seen_key(std::string_view brand, std::string_view hash) {
    return brand_key(brand, "seen:").append(hash);
}

}  // namespace tapline::redis
