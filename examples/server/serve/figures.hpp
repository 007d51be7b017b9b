#pragma once

#include <portrait/beast/server.hpp>
#include <portrait/http/metrics.hpp>
#include <portrait/image_cache.hpp>
#include <portrait/image_renderer.hpp>
#include <portrait/sqlite/image_store.hpp>

namespace portrait_server {

/// Adds the statistics of a part to `/metrics`. The part must outlive the last scrape.
void add_figures(portrait::http::Metrics& metrics, const portrait::sqlite::SqliteImageStore& store);
void add_figures(portrait::http::Metrics& metrics, const portrait::ImageCache& cache);
void add_figures(portrait::http::Metrics& metrics, const portrait::http::Server& server);
/// Does nothing for a renderer that `make_renderer` didn't return.
void add_figures(portrait::http::Metrics& metrics, const portrait::ImageRenderer& renderer);

} // namespace portrait_server
