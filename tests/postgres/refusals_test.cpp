#include "support/catch.hpp"

#include "store_fixture.hpp"

#include <portrait/testing/image_store_conformance.hpp>
#include <portrait/testing/store_commands.hpp>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

// Settings of the database and of the connection.
namespace postgres_refusals_test {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing;              // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)

constexpr const char* secret = "open-sesame-4711";

/// The error of `open`, which says something and not the password.
Error refusal_of(const std::string& connection) {
    const auto opened = PostgresImageStore::open({.connection = connection});
    REQUIRE_FALSE(opened.has_value());
    const auto& error = opened.error();
    INFO(error.message() << ": " << error.cause());
    CHECK(error.cause().find('\n') == std::string::npos);
    CHECK(error.cause().find(secret) == std::string::npos);
    CHECK(error.message().find(secret) == std::string::npos);
    return error;
}

bool says(const Error& error, const std::string& words) {
    const auto text = error.message() + ": " + error.cause();
    UNSCOPED_INFO(text);
    return text.find(words) != std::string::npos;
}

int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        throw std::runtime_error{"no free port"};
    ::close(socket);
    return ntohs(address.sin_port);
}

TEST_CASE("a setting that endangers acknowledged writes is refused when the store is opened",
          "[postgres][fault]") {
    auto& server = shared_postgres();
    server.run("CREATE ROLE careless LOGIN; GRANT CREATE ON DATABASE postgres TO careless");
    const auto connection = server.connection() + " user=careless";
    for (const char* const value : {"off", "local"}) {
        server.run(std::string{"ALTER ROLE careless SET synchronous_commit = "} + value);
        const auto error = refusal_of(connection);
        CHECK(error == errc::store_unfit);
        CHECK(says(error, std::string{"synchronous_commit is "} + value));
    }
    server.run("ALTER ROLE careless SET synchronous_commit = remote_apply");
    CHECK(PostgresImageStore::open({.connection = connection}).has_value());
}

/// Runs the conformance suite as a role with this default of isolation.
void test_isolation(const std::string& isolation) {
    auto& server = shared_postgres();
    const auto role = "r" + PostgresServer::new_schema();
    server.run("CREATE ROLE " + role + " LOGIN SUPERUSER; ALTER ROLE " + role +
               " SET default_transaction_isolation = '" + isolation + "'; ALTER ROLE " + role +
               " SET default_transaction_deferrable = on");
    const auto connection = server.connection() + " user=" + role;
    image_store_conformance([&](const StoreSeed& seed) -> std::shared_ptr<ImageStore> {
        const PostgresOptions options{.schema = PostgresServer::new_schema(), .audit = seed.audit};
        if (seed.first_blob_id) {
            open_store_at(connection, options).reset();
            server.run("SELECT setval('" + options.schema + ".blob_id', " +
                       std::to_string(seed.first_blob_id->value()) + ", false)");
        }
        return open_store_at(connection, options);
    });
}

TEST_CASE("the store keeps its promises for a role of repeatable reads", "[postgres][store][conformance]") {
    test_isolation("repeatable read");
}

TEST_CASE("the store keeps its promises for a role of serializable transactions",
          "[postgres][store][conformance]") {
    test_isolation("serializable");
}

TEST_CASE("a connection that PostgreSQL refuses is one error with its reason", "[postgres][fault]") {
    PostgresServer server;
    server.run(std::string{"CREATE ROLE portrait LOGIN PASSWORD '"} + secret + "'");
    server.set_access("local all all scram-sha-256");
    const auto connection = server.connection() + " user=portrait ";

    const auto wrong = refusal_of(connection + "password=wrong-" + secret);
    CHECK(wrong == errc::store_unreachable);
    CHECK(says(wrong, "password authentication failed for user \"portrait\""));
    CHECK(says(refusal_of(connection), "no password supplied"));

    const auto missing = refusal_of(connection + "dbname=elsewhere password=" + secret);
    CHECK(missing == errc::store_unreachable);
    CHECK(says(missing, "database \"elsewhere\" does not exist"));
    // It may not make the schema.
    CHECK(says(refusal_of(connection + "password=" + secret), "permission denied for database postgres"));

    server.run("ALTER ROLE portrait CONNECTION LIMIT 0");
    CHECK(says(refusal_of(connection + "password=" + secret), "too many connections"));
}

TEST_CASE("a connection string that can't be read is refused without repeating its parts",
          "[postgres][fault]") {
    for (const auto& text : {std::string{"host=/tmp password="} + secret + " " + secret,
                             std::string{"postgresql://portrait:"} + secret + "@[::1/portrait",
                             std::string{"postgresql://portrait:"} + secret + "@h/portrait?" + secret})
        CHECK(says(refusal_of(text), "connection string can't be read"));
}

TEST_CASE("a standby alone is no store", "[postgres][fault]") {
    PostgresServer primary;
    open_store_at(primary.connection()).reset();
    PostgresServer standby{primary, "standby"};
    const auto error = refusal_of(standby.connection());
    CHECK(error == errc::store_unreachable);
    CHECK(says(error, "session is read-only"));
    CHECK(says(error, "only a primary is accepted"));
    const auto with_missing =
        refusal_of("host=/nowhere," + standby.folder().string() + " user=postgres dbname=postgres");
    CHECK(says(with_missing, "/nowhere"));
    CHECK(says(with_missing, "only a primary is accepted"));
}

void run_openssl(const std::string& arguments) {
    const auto command = "openssl " + arguments + " >/dev/null 2>&1";
    if (std::system(command.c_str()) != 0) // NOLINT(cert-env33-c,bugprone-command-processor)
        throw std::runtime_error{command + " failed"};
}

/// A certification authority's certificate.
void make_authority(const std::string& name) {
    run_openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=" + name.substr(name.rfind('/') + 1) +
                " -keyout " + name + ".key -out " + name + ".crt");
}

/// Makes a server's key and certificates in a folder that the server can read.
void make_certificates(const std::string& folder) {
    if (::mkdir(folder.c_str(), 0755) != 0)
        throw std::runtime_error{"mkdir " + folder};
    make_authority(folder + "/authority");
    make_authority(folder + "/stranger");
    run_openssl("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout " + folder + "/server.key -out " +
                folder + "/server.csr");
    run_openssl("x509 -req -days 2 -set_serial 1 -in " + folder + "/server.csr -CA " + folder +
                "/authority.crt -CAkey " + folder + "/authority.key -out " + folder + "/server.crt");
    const auto key = folder + "/server.key";
    const auto* const user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
    if (::chmod(key.c_str(), user != nullptr ? 0640 : 0600) != 0 ||
        (user != nullptr && ::chown(key.c_str(), 0, user->pw_gid) != 0))
        throw std::runtime_error{"chmod " + key};
}

TEST_CASE("a server that requires TLS is reached with it, and only the right one", "[postgres][fault]") {
    const auto port = free_port();
    const PostgresServer server{{}, port};
    const auto folder = (server.folder() / "tls").string();
    make_certificates(folder);
    server.set("ssl_cert_file", folder + "/server.crt");
    server.set("ssl_key_file", folder + "/server.key");
    server.set("ssl", "on");
    server.set_access("hostssl all all 127.0.0.1/32 trust");

    const auto base = " port=" + std::to_string(port) + " user=postgres dbname=postgres ";
    const auto at_localhost = "host=localhost hostaddr=127.0.0.1" + base;
    const auto authority = " sslrootcert=" + folder + "/authority.crt";
    CHECK(PostgresImageStore::open({.connection = at_localhost + "sslmode=verify-full" + authority})
              .has_value());

    CHECK(says(refusal_of(at_localhost + "sslmode=disable"), "no encryption"));
    CHECK(says(refusal_of(at_localhost + "sslmode=verify-full sslrootcert=" + folder + "/stranger.crt"),
               "certificate verify failed"));
    CHECK(
        says(refusal_of("host=db.example.com hostaddr=127.0.0.1" + base + "sslmode=verify-full" + authority),
             "does not match host name \"db.example.com\""));
}

} // namespace postgres_refusals_test
