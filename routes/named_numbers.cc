#include "routes/named_numbers.h"

#include <string_view>

namespace tapline {

std::vector<TrackingNumber> named_numbers(const Event& event) {
    std::vector<TrackingNumber> numbers;
    if (const auto number = TrackingNumber::parse(event.ref)) numbers.push_back(*number);
    // The button's own address may have a plus-part before the number's.
    std::string_view tags = event.address;
    const auto at = tags.rfind('@');
    tags = at == std::string_view::npos ? std::string_view() : tags.substr(0, at);
    for (auto plus = tags.rfind('+'); plus != std::string_view::npos; plus = tags.rfind('+')) {
        const auto number = TrackingNumber::parse(tags.substr(plus + 1));
        if (number) numbers.push_back(*number);
        tags = tags.substr(0, plus);
    }
    for (const std::string_view text :
         {std::string_view(event.subject), std::string_view(event.text)}) {
        for (const auto& number : find_tracking_numbers(text)) numbers.push_back(number);
    }
    return numbers;
}

}  // namespace tapline
