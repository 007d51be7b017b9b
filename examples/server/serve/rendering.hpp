#pragma once

#include "options/options.hpp"

#include <portrait/http/metrics.hpp>
#include <portrait/image_renderer.hpp>

#include <memory>

namespace portrait_server {

/// What scales and converts pictures; null in a build without it.
std::shared_ptr<const portrait::ImageRenderer> make_renderer(const Settings& settings);

/// Adds the renderings' figures to those of `/metrics`; nothing for another renderer than that one.
void add_figures(portrait::http::Metrics& metrics, const portrait::ImageRenderer& renderer);

} // namespace portrait_server
