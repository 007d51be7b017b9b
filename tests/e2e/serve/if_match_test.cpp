#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <atomic>
#include <barrier>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace if_match_test {

using namespace portrait::testing;

namespace json = boost::json;

namespace {

constexpr int clients = 64;
#if PORTRAIT_SANITIZED
constexpr int rounds = 3;
constexpr int steps_of_each = 1;
#else
constexpr int rounds = 15;
constexpr int steps_of_each = 4;
#endif

const std::string image_path = "/api/v1/Person/1/Image";
const std::string info_path = "/api/v1/Person/1/ImageInfo";

/// A counter and the ETag of its state.
struct Counted {
    int count = 0;
    std::string tag;
};

/// A client with its own keep-alive connection.
class Client {
public:
    explicit Client(std::uint16_t port)
        : connection_{port} {}

    RawResponse ask(std::string_view method, std::string_view target, RawFields fields = {},
                    std::string_view body = {}) {
        fields.emplace_back("Authorization", "Basic dGplMDpUamUw");
        connection_.send(request_text(method, target, fields, body));
        return connection_.read_response(method == "HEAD");
    }

private:
    RawConnection connection_;
};

/// A counter in Description.
Counted description(Client& client) {
    const auto response = client.ask("GET", info_path);
    const auto info = json::parse(response.body).as_object();
    return {std::stoi(std::string{info.at("Description").as_string()}), response.field("ETag")};
}

unsigned set_description(Client& client, int count, const std::string& expected) {
    return client
        .ask("PUT", info_path, {{"Content-Type", "application/json"}, {"If-Match", expected}},
             json::serialize(json::object{{"Description", std::to_string(count)}}))
        .status;
}

std::string picture_of(int count) {
    const auto picture = make_png(static_cast<std::uint32_t>(count), 1);
    return {reinterpret_cast<const char*>(picture.data()), picture.size()}; // NOLINT: bytes as text
}

/// A counter in the picture's width.
Counted width(Client& client) {
    const auto response = client.ask("HEAD", image_path);
    return {std::stoi(response.field("X-Image-Width")), response.field("ETag")};
}

unsigned set_width(Client& client, int count, const std::string& expected) {
    return client
        .ask("PUT", image_path, {{"Content-Type", "image/png"}, {"If-Match", expected}}, picture_of(count))
        .status;
}

/// Runs one thread per client, and rethrows the exception of a thread.
void run_clients(std::uint16_t port, const std::function<void(Client&)>& work) {
    std::mutex mutex;
    std::exception_ptr thrown;
    // All clients connect before the first write, so that none waits for a client without a connection.
    std::vector<Client> connected;
    for (int number = 0; number < clients; ++number)
        connected.emplace_back(port);
    std::vector<std::jthread> threads;
    for (auto& client : connected)
        threads.emplace_back([&] {
            try {
                work(client);
            } catch (...) {
                const std::lock_guard lock{mutex};
                thrown = std::current_exception();
            }
        });
    threads.clear();
    if (thrown)
        std::rethrow_exception(thrown);
}

/// Repeats an increment of the counter until it succeeds; returns the number of failures.
int step_until_won(Client& client, const std::function<Counted(Client&)>& read,
                   const std::function<unsigned(Client&, int, const std::string&)>& write) {
    for (int lost = 0;; ++lost) {
        const auto before = read(client);
        const auto status = write(client, before.count + 1, before.tag);
        if (status == 200)
            return lost;
        if (status != 412)
            throw std::runtime_error{"The status of a conditional write is " + std::to_string(status)};
    }
}

} // namespace

TEST_CASE("of 64 clients that name the same version, one wins each round", "[e2e][if-match]") {
    const TemporaryFolder data;
    ServerProcess server{{.folder = data.path(), .arguments = server_arguments()}};
    Client first{server.port()};
    REQUIRE(first.ask("PUT", image_path, {{"Content-Type", "image/png"}}, picture_of(1)).status == 200);

    // All clients read the version before the first write, and all have written before the next read.
    Counted known;
    std::atomic<int> won{0};
    std::atomic<int> lost{0};
    std::vector<int> winners;
    std::vector<int> widths;
    const auto read = [&]() noexcept {
        winners.push_back(won.exchange(0));
        try {
            known = width(first);
        } catch (...) {
            known = {};
        }
        widths.push_back(known.count);
    };
    read();
    std::barrier round{clients, read};
    run_clients(server.port(), [&](Client& client) {
        for (int number = 0; number < rounds; ++number) {
            unsigned status = 0;
            try {
                status = set_width(client, known.count + 1, known.tag);
            } catch (...) { // NOLINT(bugprone-empty-catch): status stays 0, and the others must not wait
            }
            won += status == 200 ? 1 : 0;
            lost += status == 412 ? 1 : 0;
            round.arrive_and_wait();
        }
    });
    std::vector<int> expected_winners{0};
    std::vector<int> expected_widths{1};
    for (int number = 1; number <= rounds; ++number) {
        expected_winners.push_back(1);
        expected_widths.push_back(1 + number);
    }
    CHECK(winners == expected_winners);
    CHECK(widths == expected_widths);
    CHECK(lost == rounds * (clients - 1));
}

TEST_CASE("64 clients count in the picture without losing a step", "[e2e][if-match]") {
    const TemporaryFolder data;
    ServerProcess server{{.folder = data.path(), .arguments = server_arguments()}};
    Client first{server.port()};
    REQUIRE(first.ask("PUT", image_path, {{"Content-Type", "image/png"}}, picture_of(1)).status == 200);
    std::atomic<int> lost{0};
    run_clients(server.port(), [&](Client& client) {
        for (int step = 0; step < steps_of_each; ++step)
            lost += step_until_won(client, width, set_width);
    });
    CHECK(width(first).count == 1 + clients * steps_of_each);
    CHECK(lost > 0); // otherwise there was no contention
}

TEST_CASE("64 clients count in Description without losing a step", "[e2e][if-match]") {
    const TemporaryFolder data;
    ServerProcess server{{.folder = data.path(), .arguments = server_arguments()}};
    Client first{server.port()};
    REQUIRE(first.ask("PUT", image_path, {{"Content-Type", "image/png"}}, picture_of(1)).status == 200);
    REQUIRE(set_description(first, 0, "*") == 200);
    std::atomic<int> lost{0};
    run_clients(server.port(), [&](Client& client) {
        for (int step = 0; step < steps_of_each; ++step)
            lost += step_until_won(client, description, set_description);
    });
    CHECK(description(first).count == clients * steps_of_each);
    CHECK(lost > 0); // otherwise there was no contention
}

} // namespace if_match_test
