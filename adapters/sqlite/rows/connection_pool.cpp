#include "rows/connection_pool.hpp"

#include <algorithm>

namespace portrait::sqlite {

ConnectionPool::ConnectionPool(std::filesystem::path database, std::size_t limit)
    : database_{std::move(database)}
    , limit_{std::max<std::size_t>(limit, 1)} {
    idle_.reserve(limit_);
}

result<ConnectionPool::Lease> ConnectionPool::take() {
    {
        std::unique_lock lock{mutex_};
        returned_.wait(lock, [&] { return !idle_.empty() || made_ < limit_; });
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return Lease{*this, std::move(connection)};
        }
        ++made_;
    }
    auto connection = Connection::open(database_, Connection::Access::query_only);
    if (connection)
        return Lease{*this, std::move(*connection)};
    {
        const std::scoped_lock lock{mutex_};
        --made_;
    }
    returned_.notify_one();
    return connection.error();
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) {
    {
        const std::scoped_lock lock{mutex_};
        idle_.push_back(std::move(connection));
    }
    returned_.notify_one();
}

} // namespace portrait::sqlite
