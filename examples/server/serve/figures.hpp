#pragma once

#include <portrait/beast/server.hpp>
#include <portrait/http/metrics.hpp>
#include <portrait/image_cache.hpp>
#include <portrait/sqlite/image_store.hpp>

namespace portrait_server {

/// Adds what the parts know of themselves to the figures of `/metrics`. Each part has to outlive the last
/// scrape.
void add_figures(portrait::http::Metrics& metrics, const portrait::sqlite::SqliteImageStore& store);
void add_figures(portrait::http::Metrics& metrics, const portrait::ImageCache& cache);
void add_figures(portrait::http::Metrics& metrics, const portrait::http::Server& server);

} // namespace portrait_server
