#pragma once

#include "options/settings.hpp"
#include "terminal/console.hpp"

#include <portrait/audit_log.hpp>
#include <portrait/clock.hpp>
#include <portrait/http/metrics.hpp>
#include <portrait/image_cache.hpp>
#include <portrait/image_store.hpp>
#include <portrait/person_table.hpp>
#include <portrait/sqlite/open_folder.hpp>
#include <portrait/sqlite/upkeep.hpp>
#include <portrait/upkeep.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace portrait::postgres {
class PostgresCallers;
}

namespace portrait_server {

/// A store that is open: the data folder, or a store in PostgreSQL. Thread-safe.
class Store {
public:
    virtual ~Store() = default;

    virtual std::shared_ptr<portrait::ImageStore> images() const = 0;
    /// The store behind a cache; `cache` is that of `StoreUse`.
    virtual std::shared_ptr<portrait::ImageStore>
    cached_images(std::shared_ptr<portrait::ImageCache> cache) const = 0;
    virtual std::shared_ptr<portrait::PersonTable> persons() const = 0;
    /// The clock of all its writes.
    virtual std::shared_ptr<const portrait::Clock> clock() const = 0;

    /// Adds its statistics to `/metrics`. The store must outlive the last scrape.
    virtual void add_figures(portrait::http::Metrics& metrics) const = 0;
    /// Its statistics in a few words, for the log.
    virtual std::string summary() const = 0;

    [[nodiscard]] virtual portrait::result<portrait::CheckReport>
    check(const portrait::ProgressListener& listener) const = 0;
    [[nodiscard]] virtual portrait::result<portrait::ErasureCheck>
    verify_erased(portrait::PersonId person_id) const = 0;
    /// The places that `verify_erased` searches, such as "rows and log".
    virtual std::string_view searched() const = 0;
    /// Copies a data folder; `errc::internal` for another store.
    [[nodiscard]] virtual portrait::result<portrait::sqlite::CopyReport>
    backup(const portrait::sqlite::OpenFolder& target, const portrait::ProgressListener& listener) const;
    /// What the servers of a database share; null for a data folder, which has files for that.
    [[nodiscard]] virtual portrait::result<std::shared_ptr<portrait::postgres::PostgresCallers>>
    callers() const;
    /// See `PostgresImageStore::new_epoch`; `errc::internal` for a data folder.
    [[nodiscard]] virtual portrait::result<std::string> new_epoch();
};

/// How a store is used, beside the options of the command line.
struct StoreUse {
    bool may_create = true;                        ///< missing tables in PostgreSQL
    std::shared_ptr<portrait::AuditLog> audit{};   ///< may be null
    std::shared_ptr<portrait::ImageCache> cache{}; ///< may be null
    /// Called when the database is lost and when it is back; may be empty.
    std::function<void(const std::string& sentence)> on_event{};
};

/// Opens the data folder. Errors: those of `SqliteImageStore::open`.
[[nodiscard]] portrait::result<std::unique_ptr<Store>> open_folder(const Settings& settings,
                                                                   const StoreUse& use = {});

/// Opens the store of `--store`.
[[nodiscard]] Outcome<std::unique_ptr<Store>> open_database(const Settings& settings, StoreUse use = {});

} // namespace portrait_server
