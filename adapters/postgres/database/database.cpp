#include "database/database.hpp"

#include "rows/blob_rows.hpp"
#include "rows/schema.hpp"

#include <portrait/try.hpp>

#include <fmt/format.h>

#include <chrono>
#include <limits>
#include <string>
#include <utility>

namespace portrait::postgres {
namespace {

constexpr std::chrono::seconds opening_limit{5};
constexpr std::chrono::milliseconds poll_limit{2000};
constexpr std::chrono::milliseconds pause_while_lost{250};
constexpr std::chrono::milliseconds pause{500};
constexpr unsigned polls_between_ends = 2;
constexpr unsigned polls_between_sweeps = 120;
/// Without a look at what other servers have erased, nothing is kept longer.
constexpr std::chrono::seconds cache_limit{5};

// A row for each erased blob, at least one. By transactions, not by times: those that began early may commit
// late. All that are below the oldest running one have been seen.
constexpr Statement read_news{"read_news", "SELECT h.at, h.oldest, e.blob_id, h.epoch FROM (SELECT "
                                           "(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at, "
                                           "pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest, "
                                           "epoch FROM store) h LEFT JOIN erased_blob e ON e.xid >= "
                                           "$1::text::xid8"};
// A server that was stopped in the middle of a transaction holds its locks. PostgreSQL ends idle
// transactions by itself, but not one in the middle of a pipeline. Those that wait for a standby would be
// lost; they are counted. Writers are known by the lock that they share, whatever their connections' name.
constexpr Statement end_old_transactions{
    "end_old_transactions",
    "SELECT count(*) FILTER (WHERE waits), count(*) FILTER (WHERE NOT waits AND pg_terminate_backend(pid)) "
    "FROM (SELECT pid, wait_event IS NOT DISTINCT FROM 'SyncRep' AS waits FROM pg_stat_activity a "
    "WHERE datname = current_database() AND usename = current_user "
    "AND xact_start < clock_timestamp() - interval '10 seconds' "
    "AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.mode = "
    "'ShareLock' "
    "AND l.classid::bigint << 32 | l.objid::bigint = $1) OFFSET 0) old"};
constexpr Statement sweep_tokens{"sweep_tokens",
                                 "DELETE FROM commit_token WHERE at < now() - interval '1 day'"};
constexpr Statement sweep_erased{"sweep_erased",
                                 "DELETE FROM erased_blob WHERE at < now() - interval '1 day'"};

} // namespace

/// The database's time when it was read last, plus what has passed since then: the system's clock may be
/// wrong, or set meanwhile.
class Database::DatabaseClock final : public Clock {
public:
    Timestamp now() const override {
        const auto now =
            milliseconds_of(SteadyTimestamp::clock::now()) + difference_.load(std::memory_order_relaxed);
        return Timestamp{std::chrono::milliseconds{now}};
    }

    void set(SteadyTimestamp before, std::int64_t database, SteadyTimestamp after) {
        difference_.store(database - milliseconds_of(before + (after - before) / 2),
                          std::memory_order_relaxed);
    }

private:
    static std::int64_t milliseconds_of(SteadyTimestamp at) {
        return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
    }

    std::atomic<std::int64_t> difference_{system_clock()->now().time_since_epoch().count() -
                                          milliseconds_of(SteadyTimestamp::clock::now())};
};

Database::Database(PostgresOptions options, std::unique_ptr<Connector> connector)
    : options_{std::move(options)}
    , connector_{std::move(connector)}
    , clock_{std::make_shared<DatabaseClock>()}
    , rows_{*connector_,
            {.connections = options_.read_connections,
             .depth = 16,
             .most_waiting = options_.max_waiting,
             .limit = options_.limit}}
    , contents_{*connector_,
                {.connections = options_.content_connections,
                 .depth = 4,
                 .most_waiting = options_.max_waiting,
                 .limit = options_.limit}}
    , committer_{*connector_,
                 options_.audit,
                 {.connections = options_.write_connections,
                  .most_waiting = options_.max_waiting,
                  .most_waiting_bytes = options_.max_waiting_bytes,
                  .limit = options_.limit}} {}

Database::~Database() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    stop_.notify_all();
    if (upkeep_.joinable())
        upkeep_.join();
}

result<std::shared_ptr<Database>> Database::open(PostgresOptions options) {
    const auto deadline = Deadline::clock::now() + opening_limit;
    auto connector = std::make_unique<Connector>(options.connection, options.schema);
    {
        PORTRAIT_TRY_GET(raw, connector->open_raw(deadline));
        PORTRAIT_TRY(make_schema(*raw, options.schema, options.may_create, deadline));
        PORTRAIT_TRY(check_not_migrating(*raw, deadline));
    }
    PORTRAIT_TRY_GET(connection, connector->open(deadline));
    PORTRAIT_TRY(check_database(*connection, deadline));
    if (options.cache)
        connector->on_new_epoch([cache = options.cache] { cache->forget_all(); });
    std::shared_ptr<Database> database{new Database{std::move(options), std::move(connector)}};
    database->poll(connection); // for the clock
    database->upkeep_ = std::thread{[store = database.get()] { store->keep_up(); }};
    return database;
}

std::shared_ptr<const Clock> Database::clock() const noexcept {
    return clock_;
}

void Database::keep_up() {
    std::unique_ptr<Connection> connection;
    for (std::unique_lock lock{mutex_}; !stopping_;) {
        stop_.wait_for(lock, connector_->is_reachable() ? pause : pause_while_lost,
                       [this] { return stopping_; });
        if (stopping_)
            return;
        lock.unlock();
        poll(connection);
        lock.lock();
    }
}

void Database::poll(std::unique_ptr<Connection>& connection) {
    const auto deadline = Deadline::clock::now() + poll_limit;
    const auto is_usable = [&] {
        return connection && connection->is_alive() && connection->epoch == connector_->epoch();
    };
    if (!is_usable())
        connection.reset();
    for (int attempt = 0; attempt < 2; ++attempt) { // at once, so that `is_reachable` is right
        if (!connection) {
            auto opened = connector_->open(deadline);
            if (!opened)
                break;
            connection = std::move(*opened);
        } else if (!connector_->check(*connection, deadline)) {
            connection.reset();
            continue;
        }
        if (take_news(*connection, deadline))
            break;
        connection.reset();
    }
    if (connection) {
        if (polls_ % polls_between_ends == 0)
            if (const auto old =
                    connection->run(end_old_transactions, Parameters::of(migration_lock), deadline))
                committer_.set_unconfirmed(old->int8(0, 0) != 0);
        if (polls_ % polls_between_sweeps == 0) {
            (void)connection->run(sweep_tokens, {}, deadline);
            (void)connection->run(sweep_erased, {}, deadline);
        }
        ++polls_;
    }
    if (options_.cache && Deadline::clock::now() - news_at_ > cache_limit)
        options_.cache->forget_all();
    report(connection != nullptr);
}

// Follows the clock, and drops what was erased from the cache. False: the connection is of no use any more.
bool Database::take_news(Connection& connection, Deadline deadline) {
    const auto asked_at = Deadline::clock::now();
    // Of another epoch the numbers say nothing; the cache was emptied then.
    const auto oldest =
        connection.epoch == news_epoch_ ? oldest_seen_ : std::numeric_limits<std::int64_t>::max();
    const auto news = connection.run(read_news, Parameters::of(std::to_string(oldest)), deadline);
    if (!news || news->text(0, 3) != connection.epoch)
        return false;
    clock_->set(asked_at, news->int8(0, 0), Deadline::clock::now());
    for (int row = 0; options_.cache && row < news->count(); ++row)
        if (const auto blob_id =
                news->is_null(row, 2) ? result<BlobId>{errc::blob_unknown} : blob_at(*news, row, 2))
            options_.cache->forget(*blob_id);
    oldest_seen_ = news->int8(0, 1);
    news_epoch_ = connection.epoch;
    news_at_ = asked_at;
    return true;
}

void Database::report(bool reachable) {
    if (std::exchange(was_reachable_, reachable) == reachable || !options_.on_event)
        return;
    options_.on_event(
        reachable ? std::string{"the database is back"}
                  : fmt::format("the database can't be reached: {}", connector_->last_fault().cause()));
}

} // namespace portrait::postgres
