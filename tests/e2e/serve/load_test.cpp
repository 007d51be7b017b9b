#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/digest.hpp>

#include <atomic>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <unordered_set>
#include <vector>

namespace load_test {

using namespace portrait::testing;

namespace {

constexpr int clients = 64;
constexpr int persons = 500;

const RawFields demo_user = as_demo_user({{"Content-Type", "image/jpeg"}});

/// A picture with its seed in its bytes.
std::string picture(std::uint32_t seed) {
    const auto bytes = make_jpeg_of_size(400 + seed % 3000, seed);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Counts of the clients; filled by their threads, checked by the test.
struct Findings {
    std::atomic<int> errors{0};
    std::atomic<int> mixed{0};
    std::mutex mutex;
    std::string first_error;

    void error(const std::string& what) {
        ++errors;
        const std::lock_guard lock{mutex};
        if (first_error.empty())
            first_error = what;
    }
};

std::uint32_t seed_of(int client, int round) {
    return static_cast<std::uint32_t>(client * 100'000 + round);
}

int person_of(int client, int round) {
    return (client * 131 + round * 7) % persons + 1;
}

using Digests = std::unordered_set<std::string>;

std::string digest_of_text(std::string_view bytes) {
    return portrait::digest_of(std::as_bytes(std::span{bytes})).to_string();
}

/// Returns for each person the digests of all pictures that clients send: the accepted bodies of a GET.
std::vector<Digests> digests_by_person(int rounds) {
    std::vector<Digests> digests(persons + 1);
    for (int client = 0; client < clients; ++client)
        for (int round = 0; round < rounds; ++round)
            digests[static_cast<std::size_t>(person_of(client, round))].insert(
                digest_of_text(picture(seed_of(client, round))));
    return digests;
}

void run_client(std::uint16_t port, int client, int rounds, const std::vector<Digests>& sent,
                Findings& findings) {
    try {
        RawConnection connection{port};
        for (int round = 0; round < rounds; ++round) {
            const int person = person_of(client, round);
            const auto path = image_path(person);
            connection.send(request_text("PUT", path, demo_user, picture(seed_of(client, round))));
            const auto saved = connection.read_response();
            if (saved.status != 200)
                return findings.error("PUT " + std::to_string(saved.status) + " " + saved.body);
            if (round % 4 != 0)
                continue;
            connection.send(request_text("GET", path, demo_user));
            const auto read = connection.read_response();
            if (read.status != 200)
                findings.error("GET " + std::to_string(read.status) + " " + read.body);
            else if (!sent[static_cast<std::size_t>(person)].contains(digest_of_text(read.body)))
                ++findings.mixed;
        }
    } catch (const std::exception& error) {
        findings.error(error.what());
    }
}

} // namespace

TEST_CASE("64 clients put and get over 500 persons without an error or a mix", "[e2e][load]") {
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--log-level", "warning"})}};
    const auto port = server.port();
    const int rounds = PORTRAIT_LOAD_PUTS;

    const auto sent = digests_by_person(rounds);
    Findings findings;
    std::vector<std::thread> threads;
    for (int client = 0; client < clients; ++client)
        threads.emplace_back([&, client] { run_client(port, client, rounds, sent, findings); });
    for (auto& thread : threads)
        thread.join();
    INFO(findings.first_error);
    CHECK(findings.errors == 0);
    CHECK(findings.mixed == 0);

    // At the end each person has one of the pictures that were sent for that person, and its own blob.
    std::set<std::string> etags;
    for (int person = 1; person <= persons; ++person) {
        if (sent[static_cast<std::size_t>(person)].empty())
            continue;
        const auto read = fetch(port, "GET", image_path(person), demo_user);
        REQUIRE(read.status == 200);
        CHECK(sent[static_cast<std::size_t>(person)].contains(digest_of_text(read.body)));
        CHECK(etags.insert(read.field("ETag")).second);
    }
    CHECK(server.terminate().exit_code == 0);
}

} // namespace load_test
