#pragma once

#include "localization/language.hpp"
#include "localization/time_zones.hpp"

#include <portrait/http/localization_options.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

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

    /// Sets Content-Language and SO-TimeZone, and adds the fields to Vary.
    void describe(Response& response) const;

    /// The ETag of a localized answer, from that of the answer without localization: different
    /// representations need different tags. `tag` has its quotes.
    std::string entity_tag(std::string tag) const;

private:
    std::string resolve_brackets(std::string_view text) const;
    std::optional<std::string> referenced_string(std::string_view reference) const;

    WantedLanguages languages_;
    std::vector<std::string> cultures_; ///< that SO-Culture names; the languages come after them
    TimeZoneRequest zone_;
    const LocalizationOptions* options_ = nullptr; ///< null in a default one
};

} // namespace portrait::http
