#pragma once

#include "support/temporary_folder.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

struct pg_conn;

namespace portrait::testing {

/// A PostgreSQL server of the test's own, in a temporary folder, on a socket alone. Ends with the test. Runs
/// as the user postgres when root runs the test, since PostgreSQL refuses root.
class PostgresServer {
public:
    /// `settings`: further lines of postgresql.conf. `port`: above 0 for one that listens on 127.0.0.1, too.
    explicit PostgresServer(const std::string& settings = {}, int port = 0);
    /// A standby of the primary, which knows it by `name`. `settings` come after those of the primary.
    PostgresServer(const PostgresServer& primary, const std::string& name, const std::string& settings = {});
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;
    ~PostgresServer();

    /// A connection string of a database.
    std::string connection(const std::string& database = "postgres") const;
    /// The folder of its socket, and its data.
    std::filesystem::path folder() const { return folder_.path(); }

    void start();
    /// By a signal to the postmaster: SIGTERM waits for clients, SIGINT ends their transactions, SIGQUIT is a
    /// crash of all processes.
    void stop(int signal);
    /// The postmaster.
    pid_t id() const noexcept { return id_; }

    /// Runs statements as the superuser; returns the first value of the last one.
    std::string run(const std::string& sql, const std::string& database = "postgres") const;
    /// Changes a setting of the running server.
    void set(const std::string& setting, const std::string& value) const;
    /// Waits until a statement's first value is `t`.
    void wait_until(const std::string& sql) const;
    /// Runs one of PostgreSQL's programs, such as pg_dump, as the user of the server with its socket.
    void run_program(const std::string& name, std::vector<std::string> arguments) const;
    /// Writes pg_hba.conf anew. Superusers are always let in by the socket.
    void set_access(const std::string& lines) const;
    /// A schema that no other call returns.
    static std::string new_schema();

private:
    void own_folder();
    void make_data();
    void add_settings(const std::string& settings);
    void wait_until_ready() const;

    TemporaryFolder folder_;
    int port_ = 0;
    pid_t id_ = 0;
};

/// The server that all tests of a process share; it is started by the first call.
PostgresServer& shared_postgres();

} // namespace portrait::testing
