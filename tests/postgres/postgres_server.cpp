#include "postgres_server.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace portrait::testing {
namespace {

constexpr std::chrono::seconds patience{60};

std::string program(const char* name) {
    return std::string{PORTRAIT_POSTGRES_PROGRAMS} + "/" + name;
}

const passwd* other_user() {
    if (::geteuid() != 0)
        return nullptr;
    const passwd* const user = ::getpwnam("postgres");
    if (user == nullptr)
        throw std::runtime_error{"there is no user postgres"};
    return user;
}

/// Starts a program as the user of the server. Its output goes into `log`.
pid_t start_program(std::vector<std::string> arguments, const std::filesystem::path& log) {
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (auto& argument : arguments)
        pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const passwd* const user = other_user();
    const std::string log_name = log.string();
    const pid_t id = ::fork();
    if (id < 0)
        throw std::system_error{errno, std::generic_category(), "fork"};
    if (id == 0) {
        const int output = ::open(log_name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (user != nullptr &&
            (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
            ::_exit(126);
        ::prctl(PR_SET_PDEATHSIG, SIGQUIT); // a change of the user has reset it
        if (output >= 0) {
            ::dup2(output, 1);
            ::dup2(output, 2);
        }
        ::execv(pointers.front(), pointers.data());
        ::_exit(127);
    }
    return id;
}

void wait_for(pid_t id, const char* name) {
    int status = 0;
    while (::waitpid(id, &status, 0) < 0)
        if (errno != EINTR)
            throw std::system_error{errno, std::generic_category(), "waitpid"};
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::runtime_error{std::string{name} + " failed, status " + std::to_string(status)};
}

} // namespace

PostgresServer::PostgresServer(const std::string& settings, int port)
    : port_{port} {
    own_folder();
    make_data();
    add_settings("max_connections = 60\nshared_buffers = '32MB'\nlog_statement = 'none'\n" + settings);
    start();
}

PostgresServer::PostgresServer(const PostgresServer& primary, const std::string& name,
                               const std::string& settings) {
    own_folder();
    primary.run_program("pg_basebackup",
                        {"-D", (folder_ / "data").string(), "-R", "-X", "stream", "--checkpoint=fast",
                         "--no-sync", "-d", "application_name=" + name});
    add_settings(settings);
    start();
}

PostgresServer::~PostgresServer() {
    if (id_ != 0) {
        ::kill(id_, SIGQUIT);
        ::waitpid(id_, nullptr, 0);
    }
}

void PostgresServer::own_folder() {
    if (const auto* const user = other_user();
        user != nullptr && ::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::system_error{errno, std::generic_category(), "chown"};
}

void PostgresServer::make_data() {
    wait_for(start_program({program("initdb"), "-D", (folder_ / "data").string(), "-U", "postgres", "-A",
                            "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"},
                           folder_ / "initdb.log"),
             "initdb");
}

void PostgresServer::add_settings(const std::string& settings) {
    std::ofstream file{folder_ / "data" / "postgresql.conf", std::ios::app};
    file << "unix_socket_directories = '" << folder_.path().string() << "'\nlisten_addresses = '"
         << (port_ != 0 ? "127.0.0.1" : "") << "'\n";
    if (port_ != 0)
        file << "port = " << port_ << '\n';
    file << settings << '\n';
}

void PostgresServer::set_access(const std::string& lines) const {
    std::ofstream{folder_ / "data" / "pg_hba.conf"}
        << "local all postgres trust\nlocal replication postgres trust\n"
        << lines << '\n';
    run("SELECT pg_reload_conf()");
}

void PostgresServer::start() {
    id_ = start_program({program("postgres"), "-D", (folder_ / "data").string()}, folder_ / "server.log");
    wait_until_ready();
}

void PostgresServer::wait_until_ready() const {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (PQping(connection().c_str()) != PQPING_OK) {
        int status = 0;
        if (::waitpid(id_, &status, WNOHANG) == id_ || std::chrono::steady_clock::now() > end)
            throw std::runtime_error{"PostgreSQL doesn't start; see " + (folder_ / "server.log").string()};
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
}

void PostgresServer::stop(int signal) {
    ::kill(id_, signal);
    ::waitpid(id_, nullptr, 0);
    id_ = 0;
}

std::string PostgresServer::connection(const std::string& database) const {
    return "host=" + folder_.path().string() + (port_ != 0 ? " port=" + std::to_string(port_) : "") +
           " user=postgres dbname=" + database;
}

void PostgresServer::set(const std::string& setting, const std::string& value) const {
    run("ALTER SYSTEM SET " + setting + " = '" + value + "'");
    run("SELECT pg_reload_conf()");
    wait_until("SELECT current_setting('" + setting + "') = '" + value + "'");
}

void PostgresServer::wait_until(const std::string& sql) const {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (run(sql) != "t") {
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error{"never true: " + sql};
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

void PostgresServer::run_program(const std::string& name, std::vector<std::string> arguments) const {
    std::vector<std::string> all{program(name.c_str()), "-h", folder_.path().string(), "-U", "postgres"};
    all.insert(all.end(), std::make_move_iterator(arguments.begin()),
               std::make_move_iterator(arguments.end()));
    const auto log = folder_ / "programs.log";
    try {
        wait_for(start_program(std::move(all), log), name.c_str());
    } catch (const std::runtime_error& failure) {
        std::ifstream file{log};
        throw std::runtime_error{failure.what() + std::string{": "} +
                                 std::string{std::istreambuf_iterator<char>{file}, {}}};
    }
}

std::string PostgresServer::run(const std::string& sql, const std::string& database) const {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{
        PQconnectdb(this->connection(database).c_str()), &PQfinish};
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(connection.get(), sql.c_str()),
                                                               &PQclear};
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        throw std::runtime_error{sql + ": " + PQerrorMessage(connection.get())};
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

std::string PostgresServer::new_schema() {
    static std::atomic<int> number{0};
    return "store_" + std::to_string(++number);
}

PostgresServer& shared_postgres() {
    static PostgresServer server;
    return server;
}

} // namespace portrait::testing
