#pragma once

#include "postgres_server.hpp"

#include <portrait/postgres/image_store.hpp>
#include <portrait/postgres/person_directory.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace portrait::testing {

using postgres::PostgresImageStore;
using postgres::PostgresOptions;

/// Opens the store at a connection string.
inline std::unique_ptr<PostgresImageStore> open_store_at(const std::string& connection,
                                                         PostgresOptions options = {}) {
    options.connection = connection;
    auto opened = PostgresImageStore::open(std::move(options));
    INFO((opened ? "" : opened.error().message() + ": " + opened.error().cause()));
    REQUIRE(opened.has_value());
    return *std::move(opened);
}

/// Waits until the condition is true; false after the limit.
template<class Condition>
bool becomes_true(const Condition& condition, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

/// Waits until the upkeep of so many stores has connections, so that it sees what changes under them.
inline void wait_for_upkeep(const PostgresServer& server, int stores) {
    server.wait_until("SELECT count(*) >= " + std::to_string(stores) +
                      " FROM pg_stat_activity WHERE application_name = 'portrait' AND query LIKE '%clock%'");
}

/// Opens a store in a schema of the shared server.
inline std::unique_ptr<PostgresImageStore> open_store(const std::string& schema,
                                                      PostgresOptions options = {}) {
    options.schema = schema;
    return open_store_at(shared_postgres().connection(), std::move(options));
}

} // namespace portrait::testing
