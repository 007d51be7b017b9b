#pragma once

#include "options.hpp"

#include <portrait/image_renderer.hpp>

#include <memory>

namespace portrait_server {

/// What scales and converts pictures; null in a build without it.
std::shared_ptr<const portrait::ImageRenderer> make_renderer(const Settings& settings);

} // namespace portrait_server
