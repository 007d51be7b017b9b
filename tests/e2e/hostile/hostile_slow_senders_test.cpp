#include "e2e/server_process.hpp"
#include "honest_clients.hpp"
#include "slow_senders.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace hostile_slow_senders_test {

using namespace portrait::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;

/// The parameters of the attack. The long form uses the server's defaults.
struct AttackLoad {
    int slow;
    int idle;
    int rounds;                      ///< each without and with the attack
    std::chrono::seconds watched;    ///< duration of each half
    std::vector<std::string> limits; ///< options of the server
};

bool is_long() {
    return std::getenv("PORTRAIT_SLOW_SENDERS") != nullptr;
}

// PORTRAIT_SLOW_SENDERS, such as 5000, selects the long form.
AttackLoad attack_load() {
    if (is_long())
        return {.slow = std::stoi(std::getenv("PORTRAIT_SLOW_SENDERS")),
                .idle = 2000,
                .rounds = 6,
                .watched = 12s,
                .limits = {}};
    return {.slow = 300,
            .idle = 100,
            .rounds = 1,
            .watched = 3s,
            .limits = {"--head-timeout", "1", "--body-timeout", "1", "--idle-timeout", "4"}};
}

std::vector<SlowKind> kinds(const AttackLoad& load) {
    const auto head = "PUT /api/v1/Person/450/Image HTTP/1.1\r\nHost: localhost\r\n"
                      "Content-Type: image/jpeg\r\nAuthorization: " +
                      basic_authorization("tje0", "Tje0") + "\r\n";
    const int heads = load.slow / 2;
    const int bodies = load.slow / 4;
    return {{.name = "heads", .opening = "GET /api/v1/Person/1/Image HTTP/1.1\r\nX: ", .count = heads},
            {.name = "bodies", .opening = head + "Content-Length: 40000\r\n\r\n\xff\xd8", .count = bodies},
            {.name = "chunks",
             .opening = head + "Transfer-Encoding: chunked\r\n\r\n9c40\r\n\xff\xd8",
             .count = load.slow - heads - bodies},
            {.name = "idle",
             .opening = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
             .trickles = false,
             .count = load.idle}};
}

double milliseconds(std::chrono::microseconds time) {
    return static_cast<double>(time.count()) / 1000;
}

std::string summary_of(const HonestFigures& figures) {
    return std::to_string(figures.gets.size()) + " GETs p99 " +
           std::to_string(milliseconds(p99(figures.gets))) + " ms, " + std::to_string(figures.puts.size()) +
           " PUTs p99 " + std::to_string(milliseconds(p99(figures.puts))) + " ms";
}

std::string summary_of(const std::map<std::string, SlowTally>& tallies) {
    std::string text;
    for (const auto& [name, tally] : tallies) {
        text += "\n  " + name + ": " + std::to_string(tally.opened) + " opened, the last closed after " +
                std::to_string(tally.longest.count()) + " ms; answers";
        for (const auto& [status, count] : tally.answers)
            text += " " + status + " x " + std::to_string(count);
    }
    return text;
}

void check_under_attack(int addresses) {
    const auto load = attack_load();
    REQUIRE(raise_descriptor_limit() > static_cast<std::uint64_t>(load.slow + load.idle) + 200);
    auto arguments = server_arguments({"--demo", "--log-level", "error"});
    arguments.insert(arguments.end(), load.limits.begin(), load.limits.end());
    if (addresses == 1)
        arguments.insert(arguments.end(), {"--max-connections-per-client", is_long() ? "256" : "100"});
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = arguments}};
    const auto port = server.port();
    std::size_t descriptors = 0;
    {
        // Figures of all rounds, since commits of the file system's journal delay the slowest PUTs of a
        // single round.
        HonestFigures all_before;
        HonestFigures all_meanwhile;
        HonestClients honest{port, {}};
        std::this_thread::sleep_for(1s); // until all clients are signed in and have put pictures
        for (int round = 1; round <= load.rounds; ++round) {
            const auto before = honest.observe(load.watched);
            if (round == 1)
                descriptors = descriptors_of(server.id());
            SlowSenders senders{port, kinds(load), addresses};
            senders.wait_until_opened();
            const auto meanwhile = honest.observe(load.watched);
            const auto held = std::to_string(senders.open()) + " open at a time, " +
                              std::to_string(server.resident_bytes() / mebibyte) + " MiB resident";
            if (round == load.rounds) {
                senders.stop_reopening();
                CHECK(eventually([&] { return senders.open() == 0; }));
            }
            const auto after = honest.take();
            const auto& tallies = senders.stop();
            WARN(load.slow << " slow senders and " << load.idle << " idle connections from " << addresses
                           << " addresses, " << held << ":\n  before    " << summary_of(before)
                           << "\n  meanwhile " << summary_of(meanwhile) << summary_of(tallies));
            for (const auto& [name, tally] : tallies) {
                CAPTURE(name);
                CHECK(tally.failed == 0);
                CHECK((round < load.rounds || tally.closed == tally.opened));
                if (name != "idle" && addresses != 1 && round == load.rounds)
                    CHECK(tally.answers.at("408") == tally.closed);
            }
            for (const auto* figures : {&before, &meanwhile, &after}) {
                INFO(figures->first_fault);
                CHECK(figures->faults == 0);
            }
            all_before.add(before);
            all_meanwhile.add(meanwhile);
        }
        WARN("all rounds:\n  before    " << summary_of(all_before) << "\n  meanwhile "
                                         << summary_of(all_meanwhile));
    }
    if (!PORTRAIT_SANITIZED)
        CHECK(server.peak_resident_bytes() / mebibyte < 256);
    // The honest clients have disconnected, too; the store may have opened a few more descriptors.
    CHECK(eventually([&] { return descriptors_of(server.id()) < descriptors; }));
    CHECK(server.terminate().exit_code == 0);
}

} // namespace

TEST_CASE("thousands of slow senders and idle connections do not affect honest clients", "[e2e][hostile]") {
    check_under_attack(500); // so that no limit of an address is reached
}

TEST_CASE("slow senders of one address are limited to the connections of one address", "[e2e][hostile]") {
    check_under_attack(1);
}

} // namespace hostile_slow_senders_test
