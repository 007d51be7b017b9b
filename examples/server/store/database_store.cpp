#include "store/store.hpp"

#ifdef PORTRAIT_SERVER_POSTGRES
#include <portrait/postgres/callers.hpp>
#include <portrait/postgres/image_store.hpp>
#include <portrait/postgres/person_directory.hpp>
#include <portrait/revalidating_image_store.hpp>
#endif

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace portrait_server {
#ifdef PORTRAIT_SERVER_POSTGRES
namespace {

using portrait::result;
using portrait::postgres::PostgresImageStore;

/// Shorter than a server's time to drain: a commit whose answer is lost with the database is under way for as
/// long.
constexpr std::chrono::seconds call_limit{6};

class DatabaseStore final : public Store {
public:
    explicit DatabaseStore(std::unique_ptr<PostgresImageStore> store)
        : store_{std::move(store)} {}

    std::shared_ptr<portrait::ImageStore> images() const override { return store_; }
    std::shared_ptr<portrait::ImageStore>
    cached_images(std::shared_ptr<portrait::ImageCache> cache) const override {
        return std::make_shared<portrait::RevalidatingImageStore>(store_, std::move(cache));
    }
    std::shared_ptr<portrait::PersonTable> persons() const override { return store_->persons(); }
    std::shared_ptr<const portrait::Clock> clock() const override { return store_->clock(); }
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
    std::string_view searched() const override {
        return "rows (free pages, write-ahead log, standbys and backups of PostgreSQL are not searched)";
    }
    result<std::shared_ptr<portrait::postgres::PostgresCallers>> callers() const override {
        auto opened = store_->callers();
        if (!opened)
            return opened.error();
        return std::shared_ptr<portrait::postgres::PostgresCallers>{*std::move(opened)};
    }
    result<std::string> new_epoch() override { return store_->new_epoch(); }

private:
    std::shared_ptr<PostgresImageStore> store_;
};

void DatabaseStore::add_figures(portrait::http::Metrics& metrics) const {
    const auto of = [&store = *store_](auto member) {
        return [&store, member] { return static_cast<double>(store.statistics().*member); };
    };
    using Statistics = portrait::postgres::PostgresStatistics;
    metrics.add_counter("portrait_store_commits_total", "Committed transactions", of(&Statistics::commits));
    metrics.add_counter("portrait_store_writes_total",
                        "Durable writes; divided by the commits, the mean batch size",
                        of(&Statistics::writes));
    metrics.add_counter("portrait_store_refused_writes_total",
                        "Writes that failed alone, such as by a precondition",
                        of(&Statistics::refused_writes));
    metrics.add_counter("portrait_store_repeated_commits_total",
                        "Transactions that were repeated, such as after a deadlock or a lost connection",
                        of(&Statistics::repeated_batches));
    metrics.add_counter("portrait_store_lost_answers_total",
                        "Commits whose answer was lost and whose outcome had to be found out",
                        of(&Statistics::lost_answers));
    metrics.add_gauge("portrait_store_largest_batch", "Writes in the largest transaction so far",
                      of(&Statistics::largest_batch));
    metrics.add_gauge("portrait_store_reachable", "1 while the database is reached",
                      of(&Statistics::reachable));
    metrics.add_gauge("portrait_store_writable", "1 while writes are accepted",
                      [&store = *store_] { return store.writable() ? 1.0 : 0.0; });
}

/// The end of a sentence about the store.
std::string fault_of(const portrait::Error& error) {
    if (error == portrait::errc::store_newer_schema)
        return "was written by a newer portrait-server; start that version";
    if (error == portrait::errc::store_not_a_database)
        return fmt::format("can't be used: {}; choose another database by --store", error.cause());
    return fmt::format("can't be opened: {}", plain_refusal(error));
}

} // namespace

Outcome<std::unique_ptr<Store>> open_database(const Settings& settings, StoreUse use) {
    portrait::postgres::PostgresOptions options;
    options.connection = settings.store;
    options.may_create = use.may_create;
    options.limit = call_limit;
    options.audit = std::move(use.audit);
    options.cache = std::move(use.cache);
    options.on_event = std::move(use.on_event);
    auto opened = PostgresImageStore::open(std::move(options));
    if (!opened)
        return Refusal{fmt::format("The store in PostgreSQL {}", fault_of(opened.error())),
                       code_of(opened.error())};
    return std::unique_ptr<Store>{std::make_unique<DatabaseStore>(*std::move(opened))};
}
#else
Outcome<std::unique_ptr<Store>> open_database(const Settings& /*settings*/, StoreUse /*use*/) {
    return Refusal{"This server was built without PostgreSQL"};
}
#endif

} // namespace portrait_server
