#include "agents/rendition_box.hpp"

#include "pictures/image_query.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace portrait::http {

namespace {

[[nodiscard]] ProblemOr<std::optional<std::uint32_t>> side(const AgentArguments& arguments,
                                                           std::string_view name) {
    const auto number = arguments.number(name);
    if (!number)
        return number.error();
    if (std::cmp_greater(*number, max_rendition_side))
        return bad_agent_argument(
            fmt::format("The argument {} is {}; at most {} is accepted, and 0 or less for the aspect ratio's",
                        name, *number, max_rendition_side));
    return *number > 0 ? std::optional{static_cast<std::uint32_t>(*number)} : std::nullopt;
}

} // namespace

ProblemOr<Rendition> rendition_box(const AgentArguments& arguments, std::string_view width,
                                   std::string_view height) {
    const auto across = side(arguments, width);
    if (!across)
        return across.error();
    const auto down = side(arguments, height);
    if (!down)
        return down.error();
    return Rendition{.width = *across, .height = *down, .format = {}};
}

} // namespace portrait::http
