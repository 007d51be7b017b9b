#pragma once

#include "options/settings.hpp"
#include "serve/log.hpp"
#include "terminal/console.hpp"

#include <portrait/http/metrics.hpp>
#include <portrait/image_renderer.hpp>
#include <portrait/upload_converter.hpp>

#include <functional>
#include <memory>

namespace portrait_server {

/// What scales and converts pictures.
struct Rendering {
    std::shared_ptr<const portrait::ImageRenderer> renderer{}; ///< null in a build without portrait::imaging
    std::shared_ptr<const portrait::UploadConverter>
        converter{}; ///< null unless `--convert-uploads` is given
    /// Adds its statistics; they must not be read after it has been destroyed. Never null.
    std::function<void(portrait::http::Metrics&)> add_figures{};
};

/// Refused: what this build or machine can't do.
[[nodiscard]] Outcome<Rendering> make_rendering(const Settings& settings,
                                                const std::shared_ptr<ServerLog>& log);

} // namespace portrait_server
