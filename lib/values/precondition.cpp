#include <portrait/precondition.hpp>

#include <utility>

namespace portrait {

result<void> Precondition::check(const ImageInfo* current, Timestamp now) const {
    const auto version = current ? std::optional{current->version()} : std::nullopt;
    const auto* const present = version ? &*version : nullptr;
    bool holds = true;
    if (if_match)
        holds = if_match->holds(present);
    else if (if_unmodified_since && current != nullptr)
        holds = current->is_unmodified_since(*if_unmodified_since, now);
    if (holds && (!if_none_match || !if_none_match->holds(present)))
        return {};
    Error error{errc::precondition_failed};
    return present ? std::move(error).with_current(*present) : error;
}

} // namespace portrait
