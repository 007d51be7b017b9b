#include "store/store.hpp"

#include <portrait/caching_image_store.hpp>
#include <portrait/sqlite/image_store.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <fmt/format.h>

#include <utility>

namespace portrait_server {
namespace {

using portrait::result;
using portrait::sqlite::SqliteImageStore;

class FolderStore final : public Store {
public:
    explicit FolderStore(std::unique_ptr<SqliteImageStore> store)
        : store_{std::move(store)} {}

    std::shared_ptr<portrait::ImageStore> images() const override { return store_; }
    std::shared_ptr<portrait::ImageStore>
    cached_images(std::shared_ptr<portrait::ImageCache> cache) const override {
        return std::make_shared<portrait::CachingImageStore>(store_, std::move(cache));
    }
    std::shared_ptr<portrait::PersonTable> persons() const override { return store_->persons(); }
    std::shared_ptr<const portrait::Clock> clock() const override { return portrait::system_clock(); }
    void add_figures(portrait::http::Metrics& metrics) const override;

    std::string summary() const override {
        const auto figures = store_->statistics();
        return fmt::format("{} writes in {} commits, the largest of {}", figures.writes, figures.commits,
                           figures.largest_batch);
    }

    result<portrait::CheckReport> check(const portrait::ProgressListener& listener) const override {
        return store_->check(listener);
    }
    result<portrait::ErasureCheck> verify_erased(portrait::PersonId person_id) const override {
        return store_->verify_erased(person_id);
    }
    std::string_view searched() const override { return "rows, segments, log and cache"; }
    result<portrait::sqlite::CopyReport> backup(const portrait::sqlite::OpenFolder& target,
                                                const portrait::ProgressListener& listener) const override {
        return store_->backup(target, listener);
    }

private:
    std::shared_ptr<SqliteImageStore> store_;
};

void FolderStore::add_figures(portrait::http::Metrics& metrics) const {
    const auto of = [&store = *store_](auto member) {
        return [&store, member] { return static_cast<double>(store.statistics().*member); };
    };
    using Statistics = portrait::sqlite::StoreStatistics;
    metrics.add_counter("portrait_store_commits_total", "Committed transactions", of(&Statistics::commits));
    metrics.add_counter("portrait_store_writes_total",
                        "Durable writes; divided by the commits, the mean batch size",
                        of(&Statistics::writes));
    metrics.add_histogram("portrait_store_batch_writes", "Writes per commit",
                          [&store = *store_] { return store.statistics().batch_sizes; });
    metrics.add_histogram("portrait_store_commit_seconds", "Duration of each commit, syncs included",
                          [&store = *store_] { return store.statistics().commit_times; });
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
    metrics.add_gauge("portrait_store_index_bytes", "Memory of the places of pictures",
                      of(&Statistics::index_bytes));
    metrics.add_gauge("portrait_store_full", "1 while the disk has only the room that is kept for removals",
                      of(&Statistics::full));
    metrics.add_gauge("portrait_store_writable", "1 while writes are accepted",
                      [&store = *store_] { return store.writable() ? 1.0 : 0.0; });
}

} // namespace

result<portrait::sqlite::CopyReport> Store::backup(const portrait::sqlite::OpenFolder& /*target*/,
                                                   const portrait::ProgressListener& /*listener*/) const {
    return portrait::Error{portrait::errc::internal, "Only a data folder can be copied"};
}

result<std::shared_ptr<portrait::postgres::PostgresCallers>> Store::callers() const {
    return std::shared_ptr<portrait::postgres::PostgresCallers>{};
}

result<std::string> Store::new_epoch() {
    return portrait::Error{portrait::errc::internal, "A data folder gets a new epoch by a restoration alone"};
}

result<std::unique_ptr<Store>> open_folder(const Settings& settings, const StoreUse& use) {
    portrait::sqlite::forgo_memory_statistics();
    auto opened = SqliteImageStore::open({.folder = settings.data,
                                          .read_connections = settings.store_threads,
                                          .index_bytes = settings.index_bytes,
                                          .audit = use.audit});
    if (!opened)
        return opened.error();
    return std::unique_ptr<Store>{std::make_unique<FolderStore>(*std::move(opened))};
}

} // namespace portrait_server
