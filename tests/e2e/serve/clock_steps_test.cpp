#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/session_fields.hpp"
#include "support/shared_number.hpp"
#include "support/temporary_folder.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace clock_steps_test {

using namespace portrait::testing;

namespace {

constexpr int clients = 8;
constexpr std::int64_t day = 86'400;

std::string picture(std::uint32_t seed) {
    const auto bytes = make_jpeg_of_size(500, seed);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The seconds that the server's clock is wrong.
class ClockOffset {
public:
    explicit ClockOffset(std::filesystem::path path)
        : path_{std::move(path)}
        , seconds_{path_} {}

    void set(std::int64_t seconds) { seconds_.set(seconds); }
    std::map<std::string, std::string> environment() const {
        return {{"LD_PRELOAD", PORTRAIT_CLOCK_OFFSET}, {"PORTRAIT_TEST_CLOCK", path_.string()}};
    }

private:
    const std::filesystem::path path_;
    SharedNumber seconds_;
};

/// What the clients found wrong.
class Faults {
public:
    void add(std::string fault) {
        const std::lock_guard lock{mutex_};
        faults_.push_back(std::move(fault));
    }
    std::vector<std::string> all() const {
        const std::lock_guard lock{mutex_};
        return faults_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> faults_;
};

/// Replaces its own person's picture, and checks that each answer is that of the newest one.
void run_client(std::uint16_t port, int person, const std::atomic<bool>& stop, std::atomic<int>& rounds,
                Faults& faults) {
    try {
        RawConnection connection{port};
        const auto path = image_path(person);
        std::string last_etag;
        std::string last_date;
        for (std::uint32_t round = 0; !stop; ++round, ++rounds) {
            const auto bytes = picture(static_cast<std::uint32_t>(person) * 100'000 + round);
            const auto send = [&](const std::string& method, const RawFields& fields,
                                  const std::string& body = {}) {
                connection.send(request_text(method, path, as_demo_user(fields), body));
                return connection.read_response();
            };
            if (const auto saved = send("PUT", {{"Content-Type", "image/jpeg"}}, bytes); saved.status != 200)
                faults.add("PUT " + std::to_string(saved.status) + " " + saved.body);
            const auto read = send("GET", {{"If-None-Match", last_etag.empty() ? "\"none\"" : last_etag}});
            if (read.status != 200 || read.body != bytes)
                faults.add("GET " + std::to_string(read.status) + " isn't the newest picture");
            if (!last_date.empty())
                if (const auto dated = send("GET", {{"If-Modified-Since", last_date}}); dated.body != bytes)
                    faults.add("GET " + std::to_string(dated.status) + " by the date of another picture");
            last_etag = read.field("ETag");
            last_date = read.field("Last-Modified");
            if (const auto same = send("GET", {{"If-None-Match", last_etag}}); same.status != 304)
                faults.add("GET of the same picture: " + std::to_string(same.status));
        }
    } catch (const std::exception& error) {
        faults.add(error.what());
    }
}

} // namespace

TEST_CASE("steps of the clock under load lose nothing and end no session", "[e2e][load]") {
    const TemporaryFolder folder;
    ClockOffset clock{folder / "clock"};
    ServerProcess server{
        {.folder = folder.path(),
         .arguments = server_arguments({"--demo", "--log-level", "warning", "--audit-log", "audit.jsonl"}),
         .environment = clock.environment()}};
    const auto port = server.port();
    const auto session = session_fields(fetch(port, "POST", "/session", as_demo_user()));
    std::atomic<bool> stop{false};
    std::atomic<int> rounds{0};
    Faults faults;
    std::vector<std::thread> threads;
    for (int client = 0; client < clients; ++client)
        threads.emplace_back([&, client] { run_client(port, client + 1, stop, rounds, faults); });

    std::set<std::string> years;
    constexpr std::array steps{std::int64_t{0}, -std::int64_t{3600}, 30 * day, -60 * day, 3650 * day,
                               -3650 * day,     std::int64_t{1},     -day,     day,       std::int64_t{0}};
    for (const auto step : steps) {
        clock.set(step);
        const int before = rounds;
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (rounds < before + 5 * clients && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        CAPTURE(step);
        CHECK(rounds >= before + 5 * clients); // nothing waits for the clock
        CHECK(fetch(port, "GET", image_path(1), session).status == 200);
        CHECK(fetch(port, "GET", "/readyz").status == 200);
        years.insert(fetch(port, "GET", "/healthz").field("Date").substr(12, 4));
    }
    CHECK(years.size() >= 3); // the steps had an effect
    stop = true;
    for (auto& thread : threads)
        thread.join();
    for (const auto& fault : faults.all())
        FAIL_CHECK(fault);
    CHECK(server.terminate().exit_code == 0);

    // A start in the past of the folder.
    clock.set(-3650 * day);
    ServerProcess again{
        {.folder = folder.path(), .arguments = server_arguments(), .environment = clock.environment()}};
    for (int person = 1; person <= clients; ++person)
        CHECK(get_image(again.port(), person).status == 200);
    CHECK(again.terminate().exit_code == 0);
    CHECK(
        run_server({.folder = folder.path(), .arguments = {"check", "--data", "portrait-data"}}).exit_code ==
        0);
}

} // namespace clock_steps_test
