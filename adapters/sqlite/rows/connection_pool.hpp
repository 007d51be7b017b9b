#pragma once

#include "rows/connection.hpp"

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

namespace portrait::sqlite {

/// Connections for readers, made at need and kept. Thread-safe.
class ConnectionPool {
public:
    /// A connection on loan.
    class Lease {
    public:
        Lease(ConnectionPool& pool, std::unique_ptr<Connection> connection) noexcept
            : pool_{&pool}
            , connection_{std::move(connection)} {}
        Lease(Lease&& other) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease() {
            if (connection_)
                pool_->give_back(std::move(connection_));
        }

        Connection& operator*() const noexcept { return *connection_; }

    private:
        ConnectionPool* pool_;
        std::unique_ptr<Connection> connection_;
    };

    ConnectionPool(std::filesystem::path database, std::size_t limit);

    /// Waits while all are on loan.
    [[nodiscard]] result<Lease> take();

private:
    void give_back(std::unique_ptr<Connection> connection);

    const std::filesystem::path database_;
    const std::size_t limit_;

    std::mutex mutex_;
    std::condition_variable returned_;
    std::size_t made_ = 0;
    std::vector<std::unique_ptr<Connection>> idle_;
};

} // namespace portrait::sqlite
