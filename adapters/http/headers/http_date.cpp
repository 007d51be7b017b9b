#include "headers/field_syntax.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace portrait::http {
namespace {

using std::chrono::floor;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Date {
    unsigned weekday = 0; ///< from 0, which is Sunday
    unsigned year = 0;
    unsigned month = 1;
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
};

/// Reads a whole date. In the pattern `w` and `W` stand for a weekday's first three letters and its name, `d`
/// for a day of two digits, `D` for one that a space may pad, `m` for a month, `Y` and `y` for a year of four
/// and two digits, `h`, `i` and `s` for the time; every other character stands for itself.
std::optional<Date> read_date(std::string_view text, std::string_view pattern) noexcept {
    bool good = true;
    const auto digits = [&](std::size_t count) {
        good = good && text.size() >= count;
        unsigned value = 0;
        for (; good && count > 0; --count) {
            good = is_digit(text.front());
            value = value * 10 + static_cast<unsigned>(text.front() - '0');
            text.remove_prefix(1);
        }
        return value;
    };
    const auto index_in = [&](const auto& names, std::size_t length) {
        unsigned index = 0;
        while (index < names.size() && !text.starts_with(names[index].substr(0, length)))
            ++index;
        good = good && index < names.size();
        if (good)
            text.remove_prefix(names[index].substr(0, length).size());
        return index;
    };
    Date date;
    for (const char part : pattern) {
        switch (part) {
        case 'w': date.weekday = index_in(weekdays, 3); break;
        case 'W': date.weekday = index_in(weekdays, std::string_view::npos); break;
        case 'd': date.day = digits(2); break;
        case 'D': date.day = digits(take(text, ' ') ? 1 : 2); break;
        case 'm': date.month = index_in(months, 3) + 1; break;
        case 'Y': date.year = digits(4); break;
        case 'y': date.year = digits(2); break;
        case 'h': date.hour = digits(2); break;
        case 'i': date.minute = digits(2); break;
        case 's': date.second = digits(2); break;
        default: good = take(text, part) && good;
        }
    }
    // Second 60 is a leap second, which the system's clock counts as the next second.
    good = good && text.empty() && date.hour < 24 && date.minute < 60 && date.second <= 60;
    return good ? std::optional{date} : std::nullopt;
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`; the year is at most 50 years after `now`'s.
std::optional<Date> read_rfc850_date(std::string_view text, Timestamp now) noexcept {
    auto date = read_date(text, "W, d-m-y h:i:s GMT");
    if (!date)
        return date;
    const year_month_day today{floor<std::chrono::days>(now)};
    const auto this_year = static_cast<unsigned>(std::max(static_cast<int>(today.year()), 100));
    date->year += this_year - this_year % 100;
    if (date->year > this_year + 50)
        date->year -= 100;
    else if (date->year + 50 <= this_year)
        date->year += 100;
    return date;
}

} // namespace

HttpDateText http_date_text(Timestamp moment) noexcept {
    constexpr auto first = sys_days{std::chrono::year{1} / 1 / 1};
    constexpr auto last = sys_days{std::chrono::year{9999} / 12 / 31} + seconds{86'399};
    const auto second =
        std::clamp(floor<seconds>(moment), std::chrono::sys_seconds{first}, std::chrono::sys_seconds{last});
    const auto day = floor<std::chrono::days>(second);
    const year_month_day date{day};
    const std::chrono::hh_mm_ss time{second - day};
    // Without fmt: every answer has one or two dates.
    HttpDateText text;
    const auto digits = [&text](std::size_t end, std::int64_t number) {
        for (; number > 0; number /= 10)
            text.characters[--end] = static_cast<char>('0' + number % 10);
    };
    const auto name = [&text](std::size_t begin, std::string_view letters) {
        std::copy_n(letters.begin(), 3, text.characters.begin() + begin);
    };
    name(0, weekdays[std::chrono::weekday{day}.c_encoding()]);
    digits(7, static_cast<unsigned>(date.day()));
    name(8, months[static_cast<unsigned>(date.month()) - 1]);
    digits(16, static_cast<int>(date.year()));
    digits(19, time.hours().count());
    digits(22, time.minutes().count());
    digits(25, time.seconds().count());
    return text;
}

std::string format_http_date(Timestamp moment) {
    return std::string{http_date_text(moment).view()};
}

std::optional<Timestamp> parse_http_date(std::string_view text, Timestamp now) {
    auto date = read_date(text, "w, d m Y h:i:s GMT");
    if (!date)
        date = read_rfc850_date(text, now);
    if (!date)
        date = read_date(text, "w m D h:i:s Y"); // asctime
    if (!date)
        return std::nullopt;
    const auto day = std::chrono::year{static_cast<int>(date->year)} / static_cast<int>(date->month) /
                     static_cast<int>(date->day);
    if (!day.ok() || std::chrono::weekday{day}.c_encoding() != date->weekday)
        return std::nullopt;
    return Timestamp{sys_days{day}} + std::chrono::hours{date->hour} + std::chrono::minutes{date->minute} +
           seconds{date->second};
}

} // namespace portrait::http
