#pragma once

#include "client/connector.hpp"
#include "commit/committer.hpp"
#include "read/read_loop.hpp"

#include <portrait/clock.hpp>
#include <portrait/postgres/image_store.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace portrait::postgres {

/// The connections to one store, and what is done beside the calls. Thread-safe.
class Database {
public:
    [[nodiscard]] static result<std::shared_ptr<Database>> open(PostgresOptions options);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    ReadLoop& rows() noexcept { return rows_; }
    ReadLoop& contents() noexcept { return contents_; }
    Committer& committer() noexcept { return committer_; }
    Connector& connector() noexcept { return *connector_; }
    std::shared_ptr<const Clock> clock() const noexcept;

private:
    class DatabaseClock;

    Database(PostgresOptions options, std::unique_ptr<Connector> connector);

    // The thread of the upkeep: looks for a lost database, follows its clock, deletes old notes.
    void keep_up();
    void poll(std::unique_ptr<Connection>& connection);
    [[nodiscard]] bool take_news(Connection& connection, Deadline deadline);
    void report(bool reachable);

    const PostgresOptions options_;
    const std::unique_ptr<Connector> connector_;
    const std::shared_ptr<DatabaseClock> clock_;
    ReadLoop rows_;
    ReadLoop contents_;
    Committer committer_;

    std::mutex mutex_;
    std::condition_variable stop_;
    bool stopping_ = false;
    bool was_reachable_ = true; ///< of the thread
    unsigned polls_ = 0;        ///< of the thread
    std::int64_t oldest_seen_ =
        0;                   ///< of the thread: the oldest transaction that was running at the last look
    std::string news_epoch_; ///< of the thread: the epoch of that look
    Deadline news_at_ = Deadline::clock::now(); ///< of the thread: when that look began
    std::thread upkeep_;
};

} // namespace portrait::postgres
