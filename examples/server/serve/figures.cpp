#include "serve/figures.hpp"

namespace portrait_server {
namespace {

using portrait::http::Metrics;

void add_store_figures(Metrics& metrics, const portrait::sqlite::SqliteImageStore& store) {
    const auto of = [&store](auto member) {
        return [&store, member] { return static_cast<double>(store.statistics().*member); };
    };
    using Statistics = portrait::sqlite::StoreStatistics;
    metrics.add_counter("portrait_store_commits_total", "Committed transactions", of(&Statistics::commits));
    metrics.add_counter("portrait_store_writes_total",
                        "Durable writes; divided by the commits, the mean batch size",
                        of(&Statistics::writes));
    metrics.add_histogram("portrait_store_batch_writes", "Writes per commit",
                          [&store] { return store.statistics().batch_sizes; });
    metrics.add_histogram("portrait_store_commit_seconds", "Duration of each commit, syncs included",
                          [&store] { return store.statistics().commit_times; });
    metrics.add_counter("portrait_store_refused_writes_total",
                        "Writes that failed alone, such as by a precondition",
                        of(&Statistics::refused_writes));
    metrics.add_counter("portrait_store_failed_commits_total", "Transactions that failed as a whole",
                        of(&Statistics::failed_batches));
    metrics.add_counter("portrait_store_reopened_total",
                        "Times that the store reopened after an error of the disk",
                        of(&Statistics::reopened));
    metrics.add_counter("portrait_store_freed_bytes_total", "Bytes freed in the file system",
                        of(&Statistics::bytes_freed));
    metrics.add_gauge("portrait_store_largest_batch", "Writes in the largest transaction so far",
                      of(&Statistics::largest_batch));
    metrics.add_gauge("portrait_store_bytes_to_free",
                      "Bytes of replaced and removed pictures still on the disk",
                      of(&Statistics::bytes_to_free));
    metrics.add_gauge("portrait_store_full", "1 while the disk has only the room that is kept for removals",
                      of(&Statistics::full));
    metrics.add_gauge("portrait_store_writable", "1 while writes are accepted",
                      [&store] { return store.writable() ? 1.0 : 0.0; });
}

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

void add_figures(Metrics& metrics, const portrait::sqlite::SqliteImageStore& store,
                 const portrait::ImageCache* cache, const portrait::audit_file::AuditFile* audit,
                 const portrait::http::Server& server) {
    add_store_figures(metrics, store);
    if (cache != nullptr)
        add_cache_figures(metrics, *cache);
    if (audit != nullptr)
        add_audit_figures(metrics, *audit);
    add_server_figures(metrics, server);
}

} // namespace portrait_server
