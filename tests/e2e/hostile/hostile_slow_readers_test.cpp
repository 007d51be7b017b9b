#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/places.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hostile_slow_readers_test {

using namespace portrait::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t memory_limit = 1024 * mebibyte;
constexpr int slow_readers = 256;
constexpr int large_pictures =
    40; // persons 1 to 40; person 41 is for renditions, from 42 on are the honest clients'
constexpr std::uint64_t large_bytes = 10 * mebibyte;

/// Returns the sum of the default limits on the guide's page of limits, in MiB.
std::uint64_t sum_of_limits(std::uint64_t cores, std::uint64_t connections) {
    constexpr std::uint64_t program = 64;
    constexpr std::uint64_t cache = 64;
    constexpr std::uint64_t index = 128;
    constexpr std::uint64_t uploads = 256;
    constexpr std::uint64_t answers = 256;
    constexpr std::uint64_t pixels = 256;
    constexpr std::uint64_t store_threads = 8;
    constexpr std::uint64_t largest_picture = 10;
    constexpr std::uint64_t largest_rendition = 64;
    constexpr std::uint64_t rendering_process = 48;
    constexpr std::uint64_t imports = 4;
    return program + cache + index + uploads + answers + pixels + pixels * cores / 64 +
           2 * store_threads * largest_picture + cores * (largest_picture + largest_rendition) +
           cores * (rendering_process + largest_picture + largest_rendition) + 2 * imports * largest_picture +
           connections * 16 / 1024;
}

std::string text_of_file(const std::filesystem::path& path) {
    std::ifstream stream{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

/// A picture of noise, which no format compresses.
std::string noise(const TemporaryFolder& folder) {
    const auto file = folder / "noise.jpg";
    const auto command = "convert -seed 1 -size 2400x1800 xc:gray +noise Random -quality 97 " + file.string();
    REQUIRE(std::system(command.c_str()) == 0);
    return text_of_file(file);
}

void put(std::uint16_t port, int person, std::string_view bytes) {
    REQUIRE(fetch(port, "PUT", image_path(person), as_demo_user({{"Content-Type", "image/jpeg"}}), bytes)
                .status == 200);
}

/// Sends a request and reads only the first line of the answer, with the smallest buffer of the kernel.
class SlowReader {
public:
    SlowReader(std::uint16_t port, const std::string& path)
        : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        const int room = 4096;
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (socket_ < 0 || ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) != 0 ||
            ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
            throw std::system_error{errno, std::generic_category(), "connect"};
        const auto text = request_text("GET", path, as_demo_user());
        if (::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
            throw std::system_error{errno, std::generic_category(), "send"};
    }
    ~SlowReader() {
        if (socket_ >= 0)
            ::close(socket_);
    }
    SlowReader(SlowReader&& other) noexcept
        : socket_{std::exchange(other.socket_, -1)} {}
    SlowReader& operator=(SlowReader&&) = delete;

    /// Returns the answer's status, 0 while there is none.
    int status() const {
        std::array<char, 12> line{};
        const auto count = ::recv(socket_, line.data(), line.size(), MSG_DONTWAIT | MSG_PEEK);
        return count == static_cast<ssize_t>(line.size()) ? std::stoi(std::string{line.data() + 9, 3}) : 0;
    }

private:
    int socket_;
};

/// Clients that send users' requests until they are stopped.
class HonestClients {
public:
    explicit HonestClients(std::uint16_t port) {
        for (int number = 0; number < 3; ++number)
            threads_.emplace_back([this, port, number] { run(port, 42 + number); });
    }
    ~HonestClients() { stop(); }
    HonestClients(const HonestClients&) = delete;
    HonestClients& operator=(const HonestClients&) = delete;

    /// Returns the number of answers by status; 0 counts exceptions.
    std::map<unsigned, int> stop() {
        stopping_ = true;
        for (auto& thread : threads_)
            thread.join();
        threads_.clear();
        return answers_;
    }

private:
    void run(std::uint16_t port, int person) {
        try {
            const auto bytes = make_jpeg_of_size(40'000, static_cast<std::uint32_t>(person));
            const std::string_view picture{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
            RawConnection connection{port, "127.0.0.1", 60s};
            const auto ask = [&](std::string_view method, const std::string& path,
                                 std::string_view body = {}) {
                connection.send(request_text(
                    method, path,
                    as_demo_user(body.empty() ? RawFields{} : RawFields{{"Content-Type", "image/jpeg"}}),
                    body));
                const auto answer = connection.read_response();
                const std::lock_guard lock{mutex_};
                ++answers_[answer.status];
            };
            while (!stopping_) {
                ask("PUT", image_path(person), picture);
                ask("GET", image_path(person));
                ask("GET", "/api/v1/Person/" + std::to_string(person) + "/ImageInfo");
                std::this_thread::sleep_for(20ms);
            }
            ask("GET", image_path(person) + "?w=20&h=20");
        } catch (const std::exception&) {
            const std::lock_guard lock{mutex_};
            ++answers_[0];
        }
    }

    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::map<unsigned, int> answers_;
    std::vector<std::thread> threads_;
};

} // namespace

// Builds with sanitizers check only the answers, because the memory would include the sanitizer's.
TEST_CASE("readers that read nothing use no more memory than the sum of the limits",
          "[e2e][hostile][memory]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments({"--demo", "--log-level", "warning"}),
                          .memory_limit = PORTRAIT_SANITIZED != 0 ? 0 : memory_limit}};
    const auto port = server.port();
    for (int person = 1; person <= large_pictures; ++person) {
        const auto bytes = make_jpeg_of_size(large_bytes, static_cast<std::uint32_t>(person));
        put(port, person, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
    put(port, large_pictures + 1, noise(folder));

    HonestClients honest{port};
    std::vector<SlowReader> slow;
    for (int number = 0; number < slow_readers / 2; ++number) {
        slow.emplace_back(port, image_path(1 + number % large_pictures));
        slow.emplace_back(port,
                          image_path(large_pictures + 1) + "?type=png&w=" + std::to_string(800 + number));
    }
    std::map<int, int> answers;
    const auto began = std::chrono::steady_clock::now();
    const auto elapsed = [&] { return std::chrono::steady_clock::now() - began; };
    const auto has_figure = [port](const std::string& name, int value) {
        return fetch(port, "GET", "/metrics").body.find(name + ' ' + std::to_string(value) + '\n') !=
               std::string::npos;
    };
    // Connections of clients that read nothing of an answer are closed after ten seconds; five times that is
    // too late.
    bool all_closed = false;
    while (!all_closed && elapsed() < 60s) {
        std::this_thread::sleep_for(200ms);
        std::map<int, int> now;
        for (const auto& reader : slow)
            ++now[reader.status()];
        answers = now;
        all_closed = answers[0] == 0 && has_figure("portrait_slow_readers_total", answers[200]);
    }
    CHECK(all_closed);
    const auto peak = server.peak_resident_bytes();
    const auto sum =
        sum_of_limits(std::max(1U, std::thread::hardware_concurrency()), slow_readers) * mebibyte;
    const auto honest_answers = honest.stop();
    std::string answer_counts;
    for (const auto& [status, count] : answers)
        answer_counts += " " + std::to_string(status) + " x " + std::to_string(count);
    WARN(slow_readers << " slow readers: answers" << answer_counts << "; at most " << peak / mebibyte
                      << " MiB resident of " << sum / mebibyte << " MiB in the guide, "
                      << (server.has_memory_limit() ? "killed over" : "not limited to") << " "
                      << memory_limit / mebibyte << " MiB");
    CHECK(answers[200] > 0);
    CHECK(answers[503] > 0); // 400 MiB of pictures don't fit
    CHECK(answers[200] + answers[503] == slow_readers);
    REQUIRE(honest_answers.size() == 1);
    CHECK(honest_answers.begin()->first == 200);
    CHECK(honest_answers.begin()->second > 30);
    if (PORTRAIT_SANITIZED == 0) {
        CHECK(peak < sum);
        CHECK(peak < memory_limit);
    }

    slow.clear();
    bool is_free = false;
    for (const auto end = elapsed() + 10s; !is_free && elapsed() < end;)
        is_free = has_figure("portrait_answer_bytes_in_flight", 0);
    CHECK(is_free);
    CHECK(server.terminate().exit_code == 0);
}

TEST_CASE("the guide has the sum of all memory, and the packaged unit allows it", "[e2e][memory]") {
    const auto server = source_path("examples/server");
    const auto sum = sum_of_limits(2, 10'000);
    CHECK(text_of_file(server.parent_path() / "guide/limits.md")
              .find("| all together | | " + std::to_string(sum) + " MiB |") != std::string::npos);
    const auto unit = text_of_file(server / "portrait-server.service");
    const std::string name = "\nMemoryMax=";
    const auto at = unit.find(name);
    REQUIRE(at != std::string::npos);
    std::size_t digits = 0;
    const auto allowed = std::stoull(unit.substr(at + name.size()), &digits);
    CHECK(unit[at + name.size() + digits] == 'M');
    CHECK(allowed >= sum);
}

TEST_CASE("options set the budget of answers and a client's share", "[e2e][hostile]") {
    const std::string option = GENERATE("--answers-in-flight", "--answers-in-flight-per-client");
    CAPTURE(option);
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", option, "12MiB"})}};
    const auto port = server.port();
    for (const int person : {1, 2}) {
        const auto bytes = make_jpeg_of_size(large_bytes, static_cast<std::uint32_t>(person));
        put(port, person, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
    const auto answered = [](const SlowReader& reader) {
        for (int attempt = 0; attempt < 600 && reader.status() == 0; ++attempt)
            std::this_thread::sleep_for(50ms);
        return reader.status();
    };
    const SlowReader first{port, image_path(1)};
    REQUIRE(answered(first) == 200);
    const SlowReader same{port, image_path(1)};
    CHECK(answered(same) == 200);
    const SlowReader other{port, image_path(2)};
    CHECK(answered(other) == 503);
}

} // namespace hostile_slow_readers_test
