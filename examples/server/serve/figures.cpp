#include "serve/figures.hpp"

namespace portrait_server {
namespace {

using portrait::http::Metrics;

void add_cache_figures(Metrics& metrics, const portrait::ImageCache& cache) {
    using Statistics = portrait::CacheStatistics;
    const auto of = [&cache](auto member) {
        return [&cache, member] { return static_cast<double>(cache.statistics().*member); };
    };
    metrics.add_counter("portrait_cache_hits_total", "Pictures found in the cache", of(&Statistics::hits));
    metrics.add_counter("portrait_cache_misses_total", "Pictures not found in the cache",
                        of(&Statistics::misses));
    metrics.add_gauge("portrait_cache_bytes", "Bytes of pictures in the cache", of(&Statistics::bytes));
    metrics.add_gauge("portrait_cache_pictures", "Pictures in the cache", of(&Statistics::entries));
}

void add_server_figures(Metrics& metrics, const portrait::http::Server& server) {
    using Statistics = portrait::http::ServerStatistics;
    const auto of = [&server](auto member) {
        return [&server, member] { return static_cast<double>(server.statistics().*member); };
    };
    metrics.add_gauge("portrait_connections", "Open connections", of(&Statistics::connections));
    metrics.add_counter("portrait_connections_total", "Accepted connections", of(&Statistics::accepted));
    metrics.add_gauge("portrait_requests_in_flight", "Requests in progress",
                      of(&Statistics::requests_in_flight));
    metrics.add_counter("portrait_requests_abandoned_total",
                        "Requests whose clients disconnected before the answer was ready",
                        of(&Statistics::abandoned_requests));
    metrics.add_counter("portrait_tls_failed_handshakes_total",
                        "Connections that ended during the TLS handshake",
                        of(&Statistics::failed_handshakes));
    metrics.add_gauge("portrait_body_bytes_in_flight", "Bytes of uploads in memory",
                      of(&Statistics::body_bytes_in_flight));
    metrics.add_gauge("portrait_answer_bytes_in_flight",
                      "Bytes of answers in memory; a picture in several answers counts once",
                      of(&Statistics::answer_bytes_in_flight));
    metrics.add_counter("portrait_slow_readers_total",
                        "Connections closed because the client read too slowly",
                        of(&Statistics::slow_readers));
}

void add_audit_figures(Metrics& metrics, const portrait::audit_file::AuditFile& audit) {
    using Statistics = portrait::audit_file::AuditFileStatistics;
    const auto of = [&audit](auto member) {
        return [&audit, member] { return static_cast<double>(audit.statistics().*member); };
    };
    metrics.add_counter("portrait_audit_prepared_total",
                        "Writes recorded in the audit log before their commit", of(&Statistics::prepared));
    metrics.add_counter("portrait_audit_committed_total", "Recorded writes that were committed",
                        of(&Statistics::committed));
    metrics.add_counter("portrait_audit_failed_total", "Recorded writes that were not committed",
                        of(&Statistics::failed));
    metrics.add_counter("portrait_audit_refused_total",
                        "Writes refused because the audit log could not be written",
                        of(&Statistics::refused));
    metrics.add_gauge("portrait_audit_faulty", "1 while the audit log can't be written",
                      of(&Statistics::faulty));
}

} // namespace

void add_figures(Metrics& metrics, const Store& store, const portrait::ImageCache* cache,
                 const portrait::audit_file::AuditFile* audit, const portrait::http::Server& server) {
    store.add_figures(metrics);
    if (cache != nullptr)
        add_cache_figures(metrics, *cache);
    if (audit != nullptr)
        add_audit_figures(metrics, *audit);
    add_server_figures(metrics, server);
}

} // namespace portrait_server
