#pragma once

#include "client/connection.hpp"

#include <portrait/error.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace portrait::postgres {

/// For statements: the cluster, its timeline, and the table itself. A restoration, a promotion and a load of
/// a dump change one of them.
#define PORTRAIT_PLACE_OF_STORE                                                                              \
    "(SELECT system_identifier FROM pg_control_system()) || '.' || "                                         \
    "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '.' || 'store'::regclass::oid"

/// Opens connections to one store, and follows which state of the store they show. Thread-safe.
class Connector {
public:
    Connector(std::string info, std::string schema);

    /// A connection that knows the store's epoch. When the database was restored, or a standby promoted, it
    /// gives the store another one first, so that no tag and no id of lost writes comes back.
    [[nodiscard]] result<std::unique_ptr<Connection>> open(Deadline deadline);
    /// A connection whose schema may be missing.
    [[nodiscard]] result<std::unique_ptr<Connection>> open_raw(Deadline deadline);

    /// The epoch of the connection that was opened last; empty before the first one.
    std::string epoch() const;
    /// Looks whether the connection still leads to the store's present state: that may have been restored
    /// under it, or a newer server may have excluded this one. If not, all connections have to be opened
    /// again.
    [[nodiscard]] result<void> check(Connection& connection, Deadline deadline);
    /// Whether a connection leads to the present state, as far as it is known.
    bool is_current(const Connection& connection) const;
    /// Called with each epoch after the first, before a connection of it is used; must not throw.
    void on_new_epoch(std::function<void()> call);

    /// Whether the last attempt to open a connection has succeeded.
    bool is_reachable() const noexcept { return reachable_; }
    /// Why it didn't.
    Error last_fault() const;
    const std::string& schema() const noexcept { return schema_; }

    /// Gives the store another epoch, and ends the connections of all servers, so that they find it at once.
    [[nodiscard]] result<std::string> make_epoch(Deadline deadline);

private:
    [[nodiscard]] result<void> find_epoch(Connection& connection, Deadline deadline);
    void set_epoch(const std::string& epoch);
    [[nodiscard]] attempt<std::unique_ptr<Connection>> try_hosts(Deadline deadline);
    Error note_fault(Error error);

    const std::string info_;
    const std::string sslmode_; ///< empty: that of `info_`
    const std::vector<Host> hosts_;
    std::atomic<std::size_t> last_host_{0}; ///< that had the primary
    const std::string schema_;
    std::atomic<bool> reachable_{false};
    std::atomic<bool> excluded_{false}; ///< by a newer server
    mutable std::mutex mutex_;
    std::string epoch_;
    Error fault_{errc::store_unreachable};
    std::function<void()> new_epoch_;
};

} // namespace portrait::postgres
