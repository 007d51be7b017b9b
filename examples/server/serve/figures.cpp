#include "serve/figures.hpp"

namespace portrait_server {

using portrait::http::Metrics;

void add_figures(Metrics& metrics, const portrait::sqlite::SqliteImageStore& store) {
    const auto of = [&store](auto member) {
        return [&store, member] { return static_cast<double>(store.statistics().*member); };
    };
    using Statistics = portrait::sqlite::StoreStatistics;
    metrics.add_counter("portrait_store_commits_total", "Durable transactions", of(&Statistics::commits));
    metrics.add_counter("portrait_store_writes_total",
                        "Writes made durable; divided by the commits, the size of a batch",
                        of(&Statistics::writes));
    metrics.add_histogram("portrait_store_batch_writes", "Writes that shared each commit",
                          [&store] { return store.statistics().batch_sizes; });
    metrics.add_histogram("portrait_store_commit_seconds", "What each commit took, syncs included",
                          [&store] { return store.statistics().commit_times; });
    metrics.add_counter("portrait_store_refused_writes_total",
                        "Writes that failed alone, such as by a precondition",
                        of(&Statistics::refused_writes));
    metrics.add_counter("portrait_store_failed_commits_total", "Transactions that failed as a whole",
                        of(&Statistics::failed_batches));
    metrics.add_counter("portrait_store_reopened_total",
                        "Times that the store closed for writes and came back", of(&Statistics::reopened));
    metrics.add_counter("portrait_store_freed_bytes_total", "Bytes given back to the file system",
                        of(&Statistics::bytes_freed));
    metrics.add_gauge("portrait_store_largest_batch", "Writes of the largest transaction so far",
                      of(&Statistics::largest_batch));
    metrics.add_gauge("portrait_store_bytes_to_free",
                      "Bytes of replaced and removed pictures still on the disk",
                      of(&Statistics::bytes_to_free));
    metrics.add_gauge("portrait_store_writable", "1 while writes are taken",
                      [&store] { return store.writable() ? 1.0 : 0.0; });
}

void add_figures(Metrics& metrics, const portrait::ImageCache& cache) {
    using Statistics = portrait::CacheStatistics;
    const auto of = [&cache](auto member) {
        return [&cache, member] { return static_cast<double>(cache.statistics().*member); };
    };
    metrics.add_counter("portrait_cache_hits_total", "Pictures that came from memory", of(&Statistics::hits));
    metrics.add_counter("portrait_cache_misses_total", "Pictures that were looked for there in vain",
                        of(&Statistics::misses));
    metrics.add_gauge("portrait_cache_bytes", "Bytes of pictures in memory", of(&Statistics::bytes));
    metrics.add_gauge("portrait_cache_pictures", "Pictures in memory", of(&Statistics::entries));
}

void add_figures(Metrics& metrics, const portrait::http::Server& server) {
    using Statistics = portrait::http::ServerStatistics;
    const auto of = [&server](auto member) {
        return [&server, member] { return static_cast<double>(server.statistics().*member); };
    };
    metrics.add_gauge("portrait_connections", "Connections that are open", of(&Statistics::connections));
    metrics.add_counter("portrait_connections_total", "Connections that were accepted",
                        of(&Statistics::accepted));
    metrics.add_gauge("portrait_requests_in_flight", "Requests that wait for their answer's end",
                      of(&Statistics::requests_in_flight));
    metrics.add_counter("portrait_requests_abandoned_total",
                        "Requests whose clients were gone before their answers were ready",
                        of(&Statistics::abandoned_requests));
    metrics.add_counter("portrait_tls_failed_handshakes_total",
                        "Connections that ended before TLS was agreed on",
                        of(&Statistics::failed_handshakes));
    metrics.add_gauge("portrait_body_bytes_in_flight", "Bytes of uploads in memory",
                      of(&Statistics::body_bytes_in_flight));
    metrics.add_gauge("portrait_answer_bytes_in_flight",
                      "Bytes of answers in memory; a picture that several answers send counts once",
                      of(&Statistics::answer_bytes_in_flight));
    metrics.add_counter("portrait_slow_readers_total",
                        "Connections closed since their clients took less than the least rate",
                        of(&Statistics::slow_readers));
}

} // namespace portrait_server
