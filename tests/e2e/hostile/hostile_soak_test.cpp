#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"
#include "honest_clients.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <initializer_list>
#include <map>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace hostile_soak_test {

using namespace portrait::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t cache_bytes = 16 * mebibyte;
constexpr int rough_clients = 6;
constexpr std::uint64_t memory_limit = 1024 * mebibyte;
constexpr int first_rough_person = 300;
constexpr int first_large_person = 400;
constexpr int large_pictures = 10;
constexpr std::size_t large_bytes = 10 * mebibyte;
constexpr std::size_t slow_readers_of_each = 16; ///< of each rough client

std::string text_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A client that sends random hostile and expensive requests.
class RoughClient {
public:
    RoughClient(std::uint16_t port, int number)
        : port_{port}
        , path_{"/api/v1/Person/" + std::to_string(first_rough_person + number) + "/Image"}
        , from_{"127.0.3." + std::to_string(number + 1)}
        , random_{static_cast<std::uint32_t>(number)} {}

    void run(const std::atomic<bool>& stopping) {
        while (!stopping) {
            const auto action = random_() % actions.size();
            try {
                (this->*actions.at(action).second)();
                ++done[actions.at(action).first];
            } catch (const std::runtime_error& error) {
                note(std::string{actions.at(action).first} + ": " + error.what());
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{random_() % 20});
        }
    }

    std::map<std::string, int> done;
    int faults = 0;
    std::string first_fault;

private:
    using Action = void (RoughClient::*)();
    static const std::array<std::pair<const char*, Action>, 10> actions;

    static RawFields fields() {
        return {{"Authorization", basic_authorization("tje0", "Tje0")}, {"Content-Type", "image/png"}};
    }
    RawConnection connect() const { return RawConnection{port_, "127.0.0.1", 60s, from_}; }

    void note(const std::string& fault) {
        ++faults;
        if (first_fault.empty())
            first_fault = fault;
    }
    void expect(const RawResponse& answer, std::initializer_list<unsigned> statuses) {
        // Its wrong passwords delay it after a reload has cleared the verified passwords.
        if (answer.status == 429)
            return;
        if (std::find(statuses.begin(), statuses.end(), answer.status) == statuses.end())
            throw std::runtime_error{"The status is " + std::to_string(answer.status) + " " + answer.body};
    }
    std::string picture() { return text_of(make_png(640, 480, static_cast<std::uint32_t>(random_()))); }

    void reset_within_a_body() {
        auto connection = connect();
        const auto text = request_text("PUT", path_, fields(), picture());
        connection.send(std::string_view{text}.substr(0, random_() % text.size()));
        connection.close(true);
    }
    void half_a_request() {
        auto connection = connect();
        const auto text = request_text("GET", path_, fields());
        connection.send(std::string_view{text}.substr(0, 1 + random_() % (text.size() - 1)));
        connection.finish_sending();
        (void)connection.read_until_close();
    }
    void wrong_password() {
        auto connection = connect();
        connection.send(
            request_text("GET", path_,
                         {{"Authorization",
                           basic_authorization("user" + std::to_string(random_() % 50), "no password")}}));
        expect(connection.read_response(), {401});
    }
    void put_and_scale() {
        auto connection = connect();
        connection.send(request_text("PUT", path_, fields(), picture()));
        expect(connection.read_response(), {200, 500, 503, 507}); // the disk is full at times
        const auto query = "?w=" + std::to_string(50 + random_() % 200) + "&type=JPEG";
        connection.send(request_text("GET", path_ + query, fields()));
        expect(connection.read_response(), {200, 404, 501, 503});
    }
    void remove() {
        auto connection = connect();
        connection.send(request_text("DELETE", path_, fields()));
        expect(connection.read_response(), {204, 500, 503, 507});
    }
    void garbage() {
        auto connection = connect();
        std::string text(1 + random_() % 3000, ' ');
        for (auto& letter : text)
            letter = static_cast<char>(random_());
        (void)connection.try_send(text);
        connection.finish_sending();
        try {
            (void)connection.read_until_close();
        } catch (const std::runtime_error&) { // a reset is also an accepted answer
        }
    }
    void broken_chunks() {
        auto connection = connect();
        auto head = fields();
        head.emplace_back("Transfer-Encoding", "chunked");
        connection.send(request_text("POST", path_, head));
        (void)connection.try_send("5\r\nhello\r\nxyz\r\n");
        expect(connection.read_response(), {400});
    }
    void disconnect_before_answers() {
        auto connection = connect();
        std::string text;
        for (int request = 0; request < 20; ++request)
            text += request_text("GET", path_ + "Info", fields());
        (void)connection.try_send(text);
        connection.close(true);
    }
    void slow_reader() {
        const auto person = first_large_person + static_cast<int>(random_() % large_pictures);
        auto connection = connect();
        connection.send(
            request_text("GET", "/api/v1/Person/" + std::to_string(person) + "/Image", {fields().front()}));
        slow_.push_back(std::move(connection));
        if (slow_.size() < slow_readers_of_each)
            return;
        (void)slow_.front().read_at_most(1000); // the server may have closed it
        slow_.erase(slow_.begin());
    }
    void sign_in_and_out() {
        auto connection = connect();
        connection.send(request_text("POST", "/session", {fields().front()}));
        const auto answer = connection.read_response();
        expect(answer, {200, 204, 303});
    }

    const std::uint16_t port_;
    const std::string path_;
    const std::string from_;
    std::mt19937 random_;
    std::vector<RawConnection> slow_; ///< each waits for 10 MiB and reads nothing
};

const std::array<std::pair<const char*, RoughClient::Action>, 10> RoughClient::actions{{
    {"resets within a body", &RoughClient::reset_within_a_body},
    {"halves of a request", &RoughClient::half_a_request},
    {"wrong passwords", &RoughClient::wrong_password},
    {"PUTs with a rendition", &RoughClient::put_and_scale},
    {"DELETEs", &RoughClient::remove},
    {"garbage", &RoughClient::garbage},
    {"broken chunks", &RoughClient::broken_chunks},
    {"abandoned pipelines", &RoughClient::disconnect_before_answers},
    {"sign-ins", &RoughClient::sign_in_and_out},
    {"slow readers", &RoughClient::slow_reader},
}};

/// Resident memory and open descriptors at one time.
struct Sample {
    std::uint64_t resident = 0; ///< MiB
    std::size_t descriptors = 0;
};

/// Returns the largest values of some samples.
Sample largest(std::vector<Sample>::const_iterator begin, std::vector<Sample>::const_iterator end) {
    Sample all;
    for (; begin != end; ++begin)
        all = {std::max(all.resident, begin->resident), std::max(all.descriptors, begin->descriptors)};
    return all;
}

} // namespace

// PORTRAIT_SOAK_SECONDS, such as 900, selects the long form.
TEST_CASE("memory and descriptors don't grow under mixed load with random faults", "[e2e][hostile]") {
    const char* const chosen = std::getenv("PORTRAIT_SOAK_SECONDS");
    const std::chrono::seconds duration{chosen != nullptr ? std::stoi(chosen) : 8};
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments(
                              {"--demo", "--log-level", "off", "--cache-bytes", std::to_string(cache_bytes)}),
                          .memory_limit = PORTRAIT_SANITIZED != 0 ? 0 : memory_limit}};
    const auto port = server.port();
    for (int picture = 0; picture < large_pictures; ++picture)
        REQUIRE(put_image(port, first_large_person + picture,
                          text_of(make_jpeg_of_size(large_bytes, static_cast<std::uint32_t>(picture))))
                    .status == 200);
    HonestFigures honest_figures;
    HonestFigures afterwards;
    std::deque<RoughClient> rough;
    std::vector<Sample> samples;
    {
        HonestClients honest{port, {.clients = 20, .pause = 50ms, .disk_may_fail = true}};
        std::atomic<bool> stopping{false};
        for (int number = 0; number < rough_clients; ++number)
            rough.emplace_back(port, number);
        std::vector<std::thread> threads;
        for (auto& client : rough)
            threads.emplace_back([&client, &stopping] { client.run(stopping); });
        constexpr int sampled = 60;
        for (int sample = 0; sample < sampled; ++sample) {
            std::this_thread::sleep_for(std::chrono::milliseconds{duration} / sampled);
            samples.push_back({server.resident_bytes() / mebibyte, descriptors_of(server.id())});
            if (sample % 10 == 9)
                server.send_signal(SIGHUP);
            if (sample % 10 == 4)
                server.allow_file_writes(false);
            if (sample % 10 == 5)
                server.allow_file_writes(true);
        }
        stopping = true;
        for (auto& thread : threads)
            thread.join();
        honest_figures = honest.take();
        CHECK(eventually([&] { return fetch(port, "GET", "/readyz").status == 200; }));
        afterwards = honest.observe(1s);
    }
    const auto third = static_cast<std::ptrdiff_t>(samples.size() / 3);
    const auto middle = largest(samples.begin() + third, samples.begin() + 2 * third);
    const auto last = largest(samples.begin() + 2 * third, samples.end());

    std::string counts;
    std::map<std::string, int> done;
    for (const auto& client : rough) {
        INFO(client.first_fault);
        CHECK(client.faults == 0);
        for (const auto& [action, times] : client.done)
            done[action] += times;
    }
    for (const auto& [action, times] : done)
        counts += "\n  " + std::to_string(times) + " " + action;
    WARN(duration.count() << " s: " << honest_figures.gets.size() << " honest GETs, p99 "
                          << p99(honest_figures.gets).count() << " us, " << honest_figures.puts.size()
                          << " PUTs, p99 " << p99(honest_figures.puts).count() << " us, "
                          << honest_figures.refused << " of them refused by a full disk; beside them"
                          << counts << "\n  at most " << middle.resident << " MiB resident and "
                          << middle.descriptors << " descriptors in the second third, " << last.resident
                          << " and " << last.descriptors << " in the last");
    INFO(honest_figures.first_fault);
    CHECK(honest_figures.faults == 0);
    CHECK(honest_figures.refused > 0);
    CHECK(afterwards.puts.size() > 0);
    CHECK(afterwards.refused == 0);
    CHECK(afterwards.faults == 0);
    CHECK(done.size() == 10);
    if (!PORTRAIT_SANITIZED)
        CHECK(server.peak_resident_bytes() < memory_limit);
    if (!PORTRAIT_SANITIZED)
        CHECK(last.resident <
              middle.resident + (chosen != nullptr ? 16 : 48)); // the short form needs a larger tolerance
    CHECK(last.descriptors < middle.descriptors + rough_clients * 20);
    const auto end = server.terminate();
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
}

} // namespace hostile_soak_test
