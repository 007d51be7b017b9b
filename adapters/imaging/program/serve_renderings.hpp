#pragma once

#include <portrait/imaging/bounded_renderer.hpp>
#include <portrait/imaging/vips_renderer.hpp>

#include <functional>
#include <memory>

namespace portrait::imaging::process {

/// The work of a rendering process: makes a renderer, enters the sandbox, and serves what is asked for on its
/// descriptors until these are closed. Returns the process's status when it can't begin.
int serve_renderings(
    const std::function<std::unique_ptr<const BoundedRenderer>(RenderSettings)>& make_renderer) noexcept;

} // namespace portrait::imaging::process
