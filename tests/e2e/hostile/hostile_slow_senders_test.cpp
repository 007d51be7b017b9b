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

/// How much, and how long. The long form is the server with its defaults.
struct Siege {
    int slow;
    int idle;
    int rounds;                      ///< without and with the attack
    std::chrono::seconds watched;    ///< each time
    std::vector<std::string> limits; ///< the server's
};

bool is_long() {
    return std::getenv("PORTRAIT_SLOW_SENDERS") != nullptr;
}

// The long form is switched on by PORTRAIT_SLOW_SENDERS, such as 5000.
Siege siege() {
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

std::vector<SlowKind> kinds(const Siege& siege) {
    const auto head = "PUT /api/v1/Person/450/Image HTTP/1.1\r\nHost: localhost\r\n"
                      "Content-Type: image/jpeg\r\nAuthorization: " +
                      basic_authorization("tje0", "Tje0") + "\r\n";
    const int heads = siege.slow / 2;
    const int bodies = siege.slow / 4;
    return {{.name = "heads", .opening = "GET /api/v1/Person/1/Image HTTP/1.1\r\nX: ", .count = heads},
            {.name = "bodies", .opening = head + "Content-Length: 40000\r\n\r\n\xff\xd8", .count = bodies},
            {.name = "chunks",
             .opening = head + "Transfer-Encoding: chunked\r\n\r\n9c40\r\n\xff\xd8",
             .count = siege.slow - heads - bodies},
            {.name = "idle",
             .opening = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
             .drips = false,
             .count = siege.idle}};
}

double milliseconds(std::chrono::microseconds time) {
    return static_cast<double>(time.count()) / 1000;
}

std::string told(const HonestFigures& figures) {
    return std::to_string(figures.gets.size()) + " GETs p99 " +
           std::to_string(milliseconds(p99(figures.gets))) + " ms, " + std::to_string(figures.puts.size()) +
           " PUTs p99 " + std::to_string(milliseconds(p99(figures.puts))) + " ms";
}

std::string told(const std::map<std::string, SlowTally>& tallies) {
    std::string text;
    for (const auto& [name, tally] : tallies) {
        text += "\n  " + name + ": " + std::to_string(tally.opened) + " opened, the last closed after " +
                std::to_string(tally.longest.count()) + " ms; answers";
        for (const auto& [status, count] : tally.answers)
            text += " " + status + " x " + std::to_string(count);
    }
    return text;
}

void besiege(int addresses) {
    const auto load = siege();
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
        // Of all rounds: one round's slowest PUTs are those whose sync met a commit of the file system's
        // journal.
        HonestFigures all_before;
        HonestFigures all_meanwhile;
        HonestClients honest{port, {}};
        std::this_thread::sleep_for(1s); // signed in, and with pictures to get
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
                senders.fade();
                CHECK(eventually([&] { return senders.open() == 0; }));
            }
            const auto after = honest.take();
            const auto& tallies = senders.stop();
            WARN(load.slow << " slow senders and " << load.idle << " idle connections from " << addresses
                           << " addresses, " << held << ":\n  before    " << told(before) << "\n  meanwhile "
                           << told(meanwhile) << told(tallies));
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
        WARN("all rounds:\n  before    " << told(all_before) << "\n  meanwhile " << told(all_meanwhile));
    }
    if (!PORTRAIT_SANITIZED)
        CHECK(server.peak_resident_bytes() / mebibyte < 256);
    // The honest have gone, too; the store opens a few more when it needs them.
    CHECK(eventually([&] { return descriptors_of(server.id()) < descriptors; }));
    CHECK(server.terminate().exit_code == 0);
}

} // namespace

TEST_CASE("slow senders and idle connections by the thousand leave honest clients alone", "[e2e][hostile]") {
    besiege(500); // no bound of one address is met
}

TEST_CASE("slow senders of one address are held to what one address may have", "[e2e][hostile]") {
    besiege(1);
}

} // namespace hostile_slow_senders_test
