#include "localization/culture.hpp"

#include "headers/field_syntax.hpp"

#include <unicode/datefmt.h>
#include <unicode/gregocal.h>
#include <unicode/locid.h>
#include <unicode/numberformatter.h>
#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>
#include <span>
#include <stdexcept>

namespace portrait::http {

namespace {

constexpr std::size_t max_encoded_length = 64;
constexpr unsigned first_year = 1753; // of SQL Server's dates
constexpr std::string_view value_kinds[] = {"D:", "DT:", "T:", "I:", "F:", "M:"};
constexpr char16_t narrow_no_break_space = 0x202F;

void require(UErrorCode status) {
    if (U_FAILURE(status))
        throw std::runtime_error{std::string{"ICU failed: "} + u_errorName(status)};
}

/// Whether ICU has data for the locale's language; without data it formats for no language.
bool is_known(const icu::Locale& locale) {
    static const auto languages = [] {
        std::set<std::string, std::less<>> found;
        std::int32_t count = 0;
        const auto* locales = icu::Locale::getAvailableLocales(count);
        for (const auto& available : std::span{locales, static_cast<std::size_t>(count)})
            found.emplace(available.getLanguage());
        return found;
    }();
    return !locale.isBogus() && languages.contains(std::string_view{locale.getLanguage()});
}

icu::Locale choose_locale(const std::vector<std::string>& cultures) {
    for (const auto& culture : cultures) {
        UErrorCode status = U_ZERO_ERROR;
        auto locale = icu::Locale::forLanguageTag(culture, status);
        if (U_SUCCESS(status) && is_known(locale))
            return locale;
    }
    return icu::Locale::getUS();
}

/// Takes a number of 1 to `max_digits` digits. Absent when there is none, and when it is larger than `max`.
std::optional<unsigned> take_number(std::string_view& text, std::size_t max_digits, unsigned max) noexcept {
    unsigned value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + std::min(text.size(), max_digits), value);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc{} && value <= max ? std::optional{value} : std::nullopt;
}

/// `11/23/2026`
std::optional<std::chrono::sys_seconds> take_date(std::string_view& text) noexcept {
    const auto month = take_number(text, 2, 12);
    const auto day = month && take(text, '/') ? take_number(text, 2, 31) : std::nullopt;
    const auto year = day && take(text, '/') && text.size() >= 4 ? take_number(text, 4, 9999) : std::nullopt;
    if (!year || *year < first_year)
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                           std::chrono::month{*month}, std::chrono::day{*day}};
    return date.ok() ? std::optional{std::chrono::sys_seconds{std::chrono::sys_days{date}}} : std::nullopt;
}

/// `14:05:00`, the seconds optional
std::optional<std::chrono::seconds> take_time(std::string_view& text) noexcept {
    const auto hours = take_number(text, 2, 23);
    const auto minutes = hours && take(text, ':') ? take_number(text, 2, 59) : std::nullopt;
    const auto seconds = minutes && take(text, ':') ? take_number(text, 2, 59) : std::optional{0U};
    if (!minutes || !seconds)
        return std::nullopt;
    return std::chrono::hours{*hours} + std::chrono::minutes{*minutes} + std::chrono::seconds{*seconds};
}

bool is_digits(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_decimal_number(std::string_view text) noexcept {
    take(text, '-');
    const auto point = text.find('.');
    return is_digits(text.substr(0, point)) &&
           (point == std::string_view::npos || is_digits(text.substr(point + 1)));
}

} // namespace

bool is_encoded_value(std::string_view text) noexcept {
    return std::any_of(std::begin(value_kinds), std::end(value_kinds),
                       [text](std::string_view kind) { return text.starts_with(kind); });
}

struct CultureFormatter::Formatters {
    icu::Locale locale;
    std::unique_ptr<icu::DateFormat> date;
    std::unique_ptr<icu::DateFormat> date_time;
    std::unique_ptr<icu::DateFormat> time;
    std::unique_ptr<icu::number::LocalizedNumberFormatter> number;

    std::string moment(std::unique_ptr<icu::DateFormat>& format, const char* skeleton,
                       std::chrono::sys_seconds when) {
        if (!format) {
            UErrorCode status = U_ZERO_ERROR;
            format.reset(
                icu::DateFormat::createInstanceForSkeleton(icu::UnicodeString{skeleton}, locale, status));
            require(status);
            format->setTimeZone(*icu::TimeZone::getGMT());
        }
        icu::UnicodeString text;
        format->format(static_cast<UDate>(when.time_since_epoch().count()) * 1000, text);
        // ICU sets AM and PM apart by a space that SuperOffice's clients don't expect.
        text.findAndReplace(icu::UnicodeString{narrow_no_break_space}, icu::UnicodeString{u' '});
        std::string utf8;
        return text.toUTF8String(utf8);
    }

    std::string decimal(std::string_view digits) {
        UErrorCode status = U_ZERO_ERROR;
        if (!number)
            number = std::make_unique<icu::number::LocalizedNumberFormatter>(
                icu::number::NumberFormatter::withLocale(locale)
                    .grouping(UNUM_GROUPING_OFF)
                    .precision(icu::number::Precision::unlimited()));
        const auto formatted =
            number->formatDecimal({digits.data(), static_cast<std::int32_t>(digits.size())}, status);
        const auto text = formatted.toString(status);
        require(status);
        std::string utf8;
        return text.toUTF8String(utf8);
    }
};

CultureFormatter::CultureFormatter(const std::vector<std::string>& cultures)
    : formatters_{std::make_unique<Formatters>(Formatters{choose_locale(cultures), {}, {}, {}, {}})} {}

CultureFormatter::~CultureFormatter() = default;

std::optional<std::string> CultureFormatter::format(std::string_view encoded) {
    const auto colon = encoded.find(':');
    if (encoded.size() > max_encoded_length || colon == std::string_view::npos)
        return std::nullopt;
    const auto kind = encoded.substr(0, colon);
    auto value = encoded.substr(colon + 1);
    auto& formatters = *formatters_;
    if (kind == "D") {
        const auto date = take_date(value);
        if (date && value.empty())
            return formatters.moment(formatters.date, "yMd", *date);
    } else if (kind == "DT") {
        const auto date = take_date(value);
        if (!date || !take(value, ' '))
            return std::nullopt;
        const auto time = take_time(value);
        if (time && value.empty())
            return formatters.moment(formatters.date_time, "yMdjm", *date + *time);
    } else if (kind == "T") {
        const auto time = take_time(value);
        if (time && value.empty())
            return formatters.moment(formatters.time, "jm", std::chrono::sys_seconds{*time});
    } else if ((kind == "I" && parse_number<std::int64_t>(value)) ||
               ((kind == "F" || kind == "M") && is_decimal_number(value))) {
        return formatters.decimal(value);
    }
    return std::nullopt;
}

} // namespace portrait::http
