#pragma once

#include "agents/agent_arguments.hpp"

#include <portrait/image_renderer.hpp>

#include <string_view>

namespace portrait::http {

/// The box that two arguments of a call give. 0 or less leaves the side to the aspect ratio; 400 above
/// `max_rendition_side`.
[[nodiscard]] ProblemOr<Rendition> rendition_box(const AgentArguments& arguments, std::string_view width,
                                                 std::string_view height);

} // namespace portrait::http
