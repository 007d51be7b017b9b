#pragma once

#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"
#include "postgres/postgres_server.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// Helpers for tests of several portrait-servers on one PostgreSQL.
namespace portrait::testing::nodes {

/// A picture that differs for each seed, of 400 to 12,400 bytes.
inline std::string picture(std::uint32_t seed) {
    const auto bytes = make_jpeg_of_size(400 + seed % 12'000, seed);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The connection string of a new, empty database.
inline std::string new_database(const PostgresServer& server) {
    static std::atomic<int> number{0};
    const auto name = "portrait_" + std::to_string(++number);
    server.run("CREATE DATABASE " + name);
    return server.connection(name);
}

/// A server with the demo user on a store.
inline ServerLaunch launch(const TemporaryFolder& folder, const std::string& store,
                           const std::vector<std::string>& more = {"--demo"}) {
    std::vector<std::string> arguments{"--listen", "127.0.0.1:0", "--store", store};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {.folder = folder.path(), .arguments = std::move(arguments)};
}

/// A subcommand on a store.
inline ServerEnd run(const TemporaryFolder& folder, const std::string& store,
                     std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--store", store});
    return run_server({.folder = folder.path(), .arguments = std::move(arguments)});
}

/// Two servers on one store, each of which can be killed and started again, on another port.
class TwoNodes {
public:
    explicit TwoNodes(std::string store)
        : store_{std::move(store)} {
        for (std::size_t index = 0; index < nodes_.size(); ++index)
            start(index);
    }

    void start(std::size_t index) {
        nodes_[index] = std::make_unique<ServerProcess>(launch(folder_, store_));
        ports_[index] = nodes_[index]->port();
    }
    ServerProcess& node(std::size_t index) { return *nodes_[index]; }
    /// 0 or the port before while a node is down.
    std::uint16_t port(std::size_t index) const { return ports_[index]; }
    const std::string& store() const { return store_; }
    const TemporaryFolder& folder() const { return folder_; }

private:
    TemporaryFolder folder_;
    std::string store_;
    std::array<std::unique_ptr<ServerProcess>, 2> nodes_;
    std::array<std::atomic<std::uint16_t>, 2> ports_{};
};

/// Clients that store pictures for a person each, one after the other, until they are stopped. A client whose
/// connection breaks connects again.
class Load {
public:
    /// `port` returns the present port for a client.
    Load(std::function<std::uint16_t(int client)> port, int clients);
    /// Half of the clients on each node.
    Load(const TwoNodes& nodes, int clients)
        : Load{[&nodes](int client) { return nodes.port(static_cast<std::size_t>(client) % 2); }, clients} {}
    ~Load() { stop(); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void stop();
    void wait_for_writes(std::uint64_t more) const;
    std::uint64_t acknowledged() const { return acknowledged_; }
    /// 500: the database was lost during the commit.
    std::uint64_t unknown() const { return unknown_; }
    /// Answers other than 200, 500, 503 and a proxy's 502.
    std::uint64_t unexpected() const { return unexpected_; }

    /// Each person has the last acknowledged picture, or one that was sent later without an answer.
    void check(std::uint16_t port) const;

private:
    struct Record {
        std::uint32_t acknowledged = 0;
        std::uint32_t tried = 0;
    };

    void write(int index);

    const std::function<std::uint16_t(int)> port_;
    std::vector<Record> records_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> acknowledged_{0};
    std::atomic<std::uint64_t> unknown_{0};
    std::atomic<std::uint64_t> unexpected_{0};
    std::vector<std::thread> threads_;
};

/// Waits until the condition is true; false after the time.
template<class Condition>
bool becomes_true(const Condition& condition, std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    return true;
}

} // namespace portrait::testing::nodes
