#include "adapters/time_text.h"

namespace tapline {

namespace {

void put_digits(char* to, unsigned value, int digits) {
    for (int i = digits - 1; i >= 0; --i) {
        to[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
}

}  // namespace

std::string to_rfc3339(Time time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    char text[] = "0000-00-00T00:00:00.000Z";
    put_digits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    put_digits(text + 5, static_cast<unsigned>(date.month()), 2);
    put_digits(text + 8, static_cast<unsigned>(date.day()), 2);
    put_digits(text + 11, static_cast<unsigned>(clock.hours().count()), 2);
    put_digits(text + 14, static_cast<unsigned>(clock.minutes().count()), 2);
    put_digits(text + 17, static_cast<unsigned>(clock.seconds().count()), 2);
    put_digits(text + 20, static_cast<unsigned>(clock.subseconds().count()), 3);
    return text;
}

}  // namespace tapline
