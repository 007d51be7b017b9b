#include "localization/localization.hpp"

#include "headers/field_syntax.hpp"

#include <unicode/datefmt.h>
#include <unicode/gregocal.h>
#include <unicode/locid.h>
#include <unicode/numberformatter.h>
#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <stdexcept>

namespace portrait::http {
namespace {

constexpr std::size_t max_encoded_length = 64;
constexpr unsigned first_year = 1753; // of SQL Server's dates
constexpr std::array<std::string_view, 6> value_kinds{"D:", "DT:", "T:", "I:", "F:", "M:"};
constexpr std::array skeletons{"yMd", "yMdjm", "jm"}; // of the kinds of dates and times
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

/// The index of an encoded value's kind; the number of kinds for other texts.
std::size_t encoding_of(std::string_view text) noexcept {
    const auto* const kind =
        std::find_if(value_kinds.begin(), value_kinds.end(),
                     [text](std::string_view prefix) { return text.starts_with(prefix); });
    return static_cast<std::size_t>(kind - value_kinds.begin());
}

} // namespace

bool is_encoded_value(std::string_view text) noexcept {
    return encoding_of(text) != value_kinds.size();
}

struct CultureFormatter::Formatters {
    icu::Locale locale;
    std::array<std::unique_ptr<icu::DateFormat>, skeletons.size()> moments;
    std::unique_ptr<icu::number::LocalizedNumberFormatter> number;

    std::string moment(std::size_t kind, std::chrono::sys_seconds when) {
        auto& format = moments.at(kind);
        if (!format) {
            UErrorCode status = U_ZERO_ERROR;
            format.reset(icu::DateFormat::createInstanceForSkeleton(icu::UnicodeString{skeletons.at(kind)},
                                                                    locale, status));
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
    : formatters_{std::make_unique<Formatters>(Formatters{choose_locale(cultures), {}, {}})} {}

CultureFormatter::~CultureFormatter() = default;

std::optional<std::string> CultureFormatter::format(std::string_view encoded) {
    enum Kind : std::size_t { date, date_time, time, whole_number }; // by `value_kinds`
    const auto kind = encoding_of(encoded);
    if (encoded.size() > max_encoded_length || kind == value_kinds.size())
        return std::nullopt;
    auto value = encoded.substr(value_kinds.at(kind).size());
    if (kind >= whole_number) {
        const bool valid =
            kind == whole_number ? parse_number<std::int64_t>(value).has_value() : is_decimal_number(value);
        return valid ? std::optional{formatters_->decimal(value)} : std::nullopt;
    }
    const auto day = kind == time ? std::chrono::sys_seconds{} : take_date(value);
    if (!day || (kind == date_time && !take(value, ' ')))
        return std::nullopt;
    const auto since_midnight = kind == date ? std::chrono::seconds{} : take_time(value);
    if (!since_midnight || !value.empty())
        return std::nullopt;
    return formatters_->moment(kind, *day + *since_midnight);
}

} // namespace portrait::http
