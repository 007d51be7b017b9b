#pragma once

#include <portrait/clock.hpp>
#include <portrait/http/localization_options.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// The languages that a request accepts, the best one first, as lower-case tags such as `nb-no`; none for
/// strings as stored. At most `max_wanted_languages`, without duplicates.
using WantedLanguages = std::vector<std::string>;

inline constexpr std::size_t max_wanted_languages = 8;

/// Reads Accept-Language and SO-Language (contract section 5). A SO-Language with a valid member overrides
/// Accept-Language; the values `*`, `x` and `-` mean untranslated. Never fails: skips members that are no
/// language tags, blank ones and malformed weights; `;` separates members as `,` does where no weight
/// follows; reads only the first 1,024 characters of a value.
WantedLanguages wanted_languages(const RequestHead& head);

/// One field's list. `untranslated` distinguishes a list that asks for strings as stored from one without any
/// valid member.
struct LanguageList {
    WantedLanguages languages;
    bool untranslated = false;
};

LanguageList parse_languages(std::string_view value);

/// A string in the language in which it was found.
struct ResolvedText {
    std::string text;
    std::string language; ///< a tag such as `nb`; empty for a text that is in no known language
};

/// The keys of a language in SuperOffice's multi-language values, the best one first: `NO` for `nb-no`, `US`
/// and `UK` for `en`, otherwise the language's two letters. None for a tag whose first part is longer.
std::vector<std::string> superoffice_keys(std::string_view language);

/// Chooses from a value such as `US:"Photo";NO:"Bilde"` the text of the first of the languages that it has,
/// otherwise the English one, otherwise the first. Such a value has keys of two letters, a colon and a quoted
/// text, separated by `;`, with blanks around the separators and a last `;` allowed. A doubled quote is a
/// quote; a backslash is no escape (the vendor documents none). Returns other values unchanged, and every
/// value when there are no languages.
ResolvedText resolve_multi_language_value(std::string_view value, const WantedLanguages& languages);

/// SO-TimeZone (contract section 5). Both names are empty when the request names no zone.
struct TimeZoneRequest {
    std::string name;            ///< SuperOffice's short name or an IANA name
    std::string iana;            ///< for tzdata
    bool include_offset = false; ///< `includeTZOffset` was there
};

/// Reads the field: SuperOffice's numeric id or short name, or an IANA name, with or without
/// `includeTZOffset`, in any case and order, separated by commas; repeated and blank tokens are tolerated.
/// 400 for an unknown zone and for two different ones. Opens the system's tzdata for names that aren't
/// SuperOffice's only; throws `std::runtime_error` when there is none.
[[nodiscard]] ProblemOr<TimeZoneRequest> requested_time_zone(const RequestHead& head);

/// Formats a moment in ISO 8601, whole seconds. In UTC with `Z`; if `convert` is set and a zone was named, in
/// local time of that zone, with its offset (`-05:00`) if `include_offset` is set. Throws
/// `std::runtime_error` when the system's tzdata has vanished.
std::string render_date(Timestamp moment, const TimeZoneRequest& zone, bool convert);

/// A time zone of SuperOffice.
struct SuperOfficeTimeZone {
    std::string_view name; ///< short name, such as `NO` or `US-NY`
    std::string_view iana; ///< such as `Europe/Oslo`
    std::int32_t id = 0;   ///< SuperOffice's numeric id; 0: not published
};

/// The table of known zones, sorted by name.
std::span<const SuperOfficeTimeZone> superoffice_time_zones() noexcept;

/// Whether a text begins with a kind of `CultureFormatter::format` and a colon. Cheap, without ICU.
bool is_encoded_value(std::string_view text) noexcept;

/// Formats the dates and numbers that SuperOffice encodes in strings for one culture, by ICU (contract
/// section 5). Opens each of ICU's formatters at its first use and keeps it. Not synchronised.
class CultureFormatter {
public:
    /// The first of the cultures that ICU has data for, English when it has none of them. Tags in any case,
    /// such as `nb-no`.
    explicit CultureFormatter(const std::vector<std::string>& cultures);
    ~CultureFormatter();

    CultureFormatter(const CultureFormatter&) = delete;
    CultureFormatter& operator=(const CultureFormatter&) = delete;

    /// Formats the text between the brackets, such as `D:11/23/2026`: `D` a date, `DT` a date and time, `T` a
    /// time, `I` a whole number, `F` and `M` a decimal number. Absent when it is none of these or malformed
    /// (a day that the month doesn't have, a year outside 1753 to 9999, more than 64 characters). Dates and
    /// times have no zone, so none is applied; numbers get no grouping, as in the vendor's formatter.
    std::optional<std::string> format(std::string_view encoded);

private:
    struct Formatters;
    std::unique_ptr<Formatters> formatters_;
};

/// The form of strings and dates in one request's answer (contract section 5). The default, for a request
/// without any of the fields, is strings as stored and dates in UTC. Value type; reading it is thread-safe.
class Localization {
public:
    Localization() = default;

    /// Reads a head's fields; a 400 for an unknown time zone. Keeps a pointer to `options`.
    [[nodiscard]] static ProblemOr<Localization> of(const RequestHead& head,
                                                    const LocalizationOptions& options);

    /// Localizes a stored string: chooses the language of a multi-language value, replaces `[SR_…]`
    /// references, formats encoded dates and numbers. As stored when the request names no language.
    std::string text(std::string_view stored) const;

    /// Formats a moment.
    std::string date(Timestamp moment) const;

    /// Returns the stored string when the incoming one equals its localized form, otherwise the incoming one:
    /// a client can send back an entity without losing the other languages.
    std::string merge(std::string_view stored, std::string incoming) const;

    /// Whether strings may differ from the stored ones.
    bool translates() const noexcept { return !languages_.empty(); }

    /// Sets Content-Language to the languages in which the stored `texts` are returned, if any is known; sets
    /// SO-TimeZone, and adds the fields to Vary.
    void describe(Response& response, std::span<const std::string* const> texts) const;

    /// The ETag of a localized answer, from that of the answer without localization: different
    /// representations need different tags. `tag` has its quotes.
    std::string entity_tag(std::string tag) const;

private:
    ResolvedText resolve(std::string_view stored) const;
    void resolve_brackets(ResolvedText& resolved) const;
    std::optional<ResolvedText> referenced_string(std::string_view reference) const;

    WantedLanguages languages_;
    std::vector<std::string> cultures_; ///< that SO-Culture names; the languages come after them
    TimeZoneRequest zone_;
    const LocalizationOptions* options_ = nullptr; ///< null in a default one
};

} // namespace portrait::http
