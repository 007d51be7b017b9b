#pragma once

/// Ids and errors as arguments of fmt and spdlog. No other header of portrait includes it, so only its users
/// need fmt.
///
/// ```cpp
/// spdlog::info("Person {} has the picture {}", person_id, blob_id);
/// ```

#include <portrait/error.hpp>
#include <portrait/id.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <string>

/// \cond
template<portrait::errc Rule>
struct fmt::formatter<portrait::detail::Identifier<Rule>> : fmt::formatter<std::int32_t> {
    template<class Context>
    auto format(portrait::detail::Identifier<Rule> id, Context& context) const {
        return fmt::formatter<std::int32_t>::format(id.value(), context);
    }
};

/// Rule, message and cause in one line, as `operator<<`: for logs, never for an answer.
template<>
struct fmt::formatter<portrait::Error> : fmt::formatter<std::string> {
    template<class Context>
    auto format(const portrait::Error& error, Context& context) const {
        auto text = std::string{error.rule()} + ": " + error.message();
        if (!error.cause().empty())
            text += " (" + error.cause() + ")";
        return fmt::formatter<std::string>::format(text, context);
    }
};
/// \endcond
