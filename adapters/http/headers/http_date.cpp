#include "headers/http_date.hpp"

#include <fmt/format.h>

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

/// Reads a date from the front; the first thing that doesn't fit makes `good` false for good.
class Reader {
public:
    explicit Reader(std::string_view text) noexcept
        : rest_{text} {}

    void literal(std::string_view expected) noexcept {
        good_ = good_ && rest_.starts_with(expected);
        advance(expected.size());
    }
    unsigned digits(std::size_t count) noexcept {
        good_ = good_ && rest_.size() >= count;
        unsigned value = 0;
        for (const char digit : rest_.substr(0, count)) {
            good_ = good_ && digit >= '0' && digit <= '9';
            value = value * 10 + static_cast<unsigned>(digit - '0');
        }
        advance(count);
        return value;
    }
    /// A day of two places, the first of which asctime fills with a space.
    unsigned padded_day() noexcept {
        if (!rest_.starts_with(' '))
            return digits(2);
        advance(1);
        return digits(1);
    }
    /// From 0; the names' first three letters, or the whole of them.
    unsigned weekday(bool whole) noexcept {
        for (unsigned index = 0; index < weekdays.size(); ++index) {
            const auto name = whole ? weekdays[index] : weekdays[index].substr(0, 3);
            if (rest_.starts_with(name)) {
                advance(name.size());
                return index;
            }
        }
        good_ = false;
        return 0;
    }
    /// From 1.
    unsigned month() noexcept {
        const auto found = std::find(months.begin(), months.end(), rest_.substr(0, 3));
        good_ = good_ && found != months.end();
        advance(3);
        return static_cast<unsigned>(found - months.begin()) + 1;
    }
    seconds time_of_day() noexcept {
        const auto hour = digits(2);
        literal(":");
        const auto minute = digits(2);
        literal(":");
        const auto second = digits(2);
        // 60 is a leap second, which the system's count of seconds doesn't have: it is the next one.
        good_ = good_ && hour < 24 && minute < 60 && second <= 60;
        return std::chrono::hours{hour} + std::chrono::minutes{minute} + seconds{second};
    }
    bool done() const noexcept { return good_ && rest_.empty(); }
    bool at(char character) const noexcept { return rest_.starts_with(character); }

private:
    void advance(std::size_t count) noexcept { rest_.remove_prefix(std::min(count, rest_.size())); }

    std::string_view rest_;
    bool good_ = true;
};

struct Date {
    unsigned weekday = 0;
    unsigned year = 0;
    unsigned month = 1;
    unsigned day = 0;
    seconds time{0};
};

year_month_day calendar_day(const Date& date) noexcept {
    return std::chrono::year{static_cast<int>(date.year)} / static_cast<int>(date.month) /
           static_cast<int>(date.day);
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
std::optional<Date> read_imf_fixdate(std::string_view text) noexcept {
    Reader reader{text};
    Date date;
    date.weekday = reader.weekday(false);
    reader.literal(", ");
    date.day = reader.digits(2);
    reader.literal(" ");
    date.month = reader.month();
    reader.literal(" ");
    date.year = reader.digits(4);
    reader.literal(" ");
    date.time = reader.time_of_day();
    reader.literal(" GMT");
    return reader.done() ? std::optional{date} : std::nullopt;
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`
std::optional<Date> read_rfc850_date(std::string_view text, Timestamp now) noexcept {
    Reader reader{text};
    Date date;
    date.weekday = reader.weekday(true);
    reader.literal(", ");
    date.day = reader.digits(2);
    reader.literal("-");
    date.month = reader.month();
    reader.literal("-");
    const auto short_year = reader.digits(2);
    reader.literal(" ");
    date.time = reader.time_of_day();
    reader.literal(" GMT");
    if (!reader.done())
        return std::nullopt;
    const year_month_day today{floor<std::chrono::days>(now)};
    const auto this_year = static_cast<unsigned>(std::max(static_cast<int>(today.year()), 100));
    date.year = this_year - this_year % 100 + short_year;
    if (date.year > this_year + 50)
        date.year -= 100;
    else if (date.year + 50 <= this_year)
        date.year += 100;
    return date;
}

/// `Sun Nov  6 08:49:37 1994`
std::optional<Date> read_asctime_date(std::string_view text) noexcept {
    Reader reader{text};
    Date date;
    date.weekday = reader.weekday(false);
    reader.literal(" ");
    date.month = reader.month();
    reader.literal(" ");
    date.day = reader.padded_day();
    reader.literal(" ");
    date.time = reader.time_of_day();
    reader.literal(" ");
    date.year = reader.digits(4);
    return reader.done() ? std::optional{date} : std::nullopt;
}

} // namespace

std::string format_http_date(Timestamp moment) {
    constexpr auto first = sys_days{std::chrono::year{1} / 1 / 1};
    constexpr auto last = sys_days{std::chrono::year{9999} / 12 / 31} + seconds{86'399};
    const auto second =
        std::clamp(floor<seconds>(moment), std::chrono::sys_seconds{first}, std::chrono::sys_seconds{last});
    const auto day = floor<std::chrono::days>(second);
    const year_month_day date{day};
    const std::chrono::hh_mm_ss time{second - day};
    // By hand, since every answer has one or two.
    std::string text{"Day, 00 Mon 0000 00:00:00 GMT"};
    const auto digits = [&text](std::size_t end, std::int64_t number) {
        for (; number > 0; number /= 10)
            text[--end] = static_cast<char>('0' + number % 10);
    };
    text.replace(0, 3, weekdays[std::chrono::weekday{day}.c_encoding()].substr(0, 3));
    digits(7, static_cast<unsigned>(date.day()));
    text.replace(8, 3, months[static_cast<unsigned>(date.month()) - 1]);
    digits(16, static_cast<int>(date.year()));
    digits(19, time.hours().count());
    digits(22, time.minutes().count());
    digits(25, time.seconds().count());
    return text;
}

std::optional<Timestamp> parse_http_date(std::string_view text, Timestamp now) {
    auto date = read_imf_fixdate(text);
    if (!date)
        date = read_rfc850_date(text, now);
    if (!date)
        date = read_asctime_date(text);
    if (!date || !calendar_day(*date).ok())
        return std::nullopt;
    const sys_days day{calendar_day(*date)};
    if (std::chrono::weekday{day}.c_encoding() != date->weekday)
        return std::nullopt;
    return Timestamp{day} + date->time;
}

std::optional<Timestamp> parse_http_date(std::string_view text) {
    return parse_http_date(text, floor<Timestamp::duration>(std::chrono::system_clock::now()));
}

} // namespace portrait::http
