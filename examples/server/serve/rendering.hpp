#pragma once

#include "options/settings.hpp"

#include <portrait/image_renderer.hpp>

#include <memory>

namespace portrait_server {

/// Scales and converts pictures. Null in a build without portrait::imaging.
std::shared_ptr<const portrait::ImageRenderer> make_renderer(const Settings& settings);

} // namespace portrait_server
