#pragma once

#include "localization/language.hpp"
#include "localization/time_zones.hpp"

#include <portrait/http/localization_options.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// How one request wants its strings and dates (contract section 5). The default is how a request without any
/// of the fields wants them: strings as stored, dates in UTC. Value type; reading it from many threads is
/// fine.
class Localization {
public:
    Localization() = default;

    /// What the head asks for; a 400 for an unknown time zone. Keeps a pointer to `options`.
    [[nodiscard]] static boost::system::result<Localization, Problem> of(const RequestHead& head,
                                                                         const LocalizationOptions& options);

    /// A stored string as this request sees it: the wanted language of a multi-language value, `[SR_…]`
    /// references replaced, encoded dates and numbers written out. As stored when no language is wanted.
    std::string text(std::string_view stored) const;

    /// A moment as this request sees it.
    std::string date(Timestamp moment) const;

    /// What to store for a string that came in: the stored one when the incoming one is only this request's
    /// view of it, the incoming one otherwise. So a client can send back what it got, and no language is
    /// lost.
    std::string merge(std::string_view stored, std::string incoming) const;

    /// Whether strings may differ from the stored ones.
    bool translates() const noexcept { return !languages_.empty(); }

    /// Says by which language and time zone an answer was made: Content-Language, SO-TimeZone, and Vary
    /// beside what that names already.
    void describe(Response& response) const;

    /// The answer's ETag, made from that of the same answer without localization: representations that differ
    /// have to have tags that differ. `tag` has its quotes.
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
