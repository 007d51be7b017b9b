#pragma once

#include "store/store.hpp"

#include <portrait/audit_file/audit_file.hpp>
#include <portrait/beast/server.hpp>
#include <portrait/http/metrics.hpp>
#include <portrait/image_cache.hpp>

namespace portrait_server {

/// Adds the statistics of the server's parts to `/metrics`. The parts must outlive the last scrape. Cache and
/// audit log may be null.
void add_figures(portrait::http::Metrics& metrics, const Store& store, const portrait::ImageCache* cache,
                 const portrait::audit_file::AuditFile* audit, const portrait::http::Server& server);

} // namespace portrait_server
