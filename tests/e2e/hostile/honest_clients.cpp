#include "honest_clients.hpp"

#include "support/pictures.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include <sys/resource.h>

namespace portrait::testing {
namespace {

constexpr int persons_each = 3;

std::string picture(std::size_t size, std::uint32_t seed) {
    const auto bytes = make_jpeg_of_size(size + seed % 64, seed);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void append(std::vector<std::chrono::microseconds>& to, const std::vector<std::chrono::microseconds>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

} // namespace

void HonestFigures::add(HonestFigures other) {
    append(gets, other.gets);
    append(puts, other.puts);
    refused += other.refused;
    faults += other.faults;
    if (first_fault.empty())
        first_fault = std::move(other.first_fault);
}

std::chrono::microseconds p99(std::vector<std::chrono::microseconds> took) {
    if (took.empty())
        return {};
    const auto place = took.begin() + static_cast<std::ptrdiff_t>(took.size() * 99 / 100);
    std::nth_element(took.begin(), place, took.end());
    return *place;
}

HonestClients::HonestClients(std::uint16_t port, Load load)
    : port_{port}
    , load_{load} {
    for (int client = 0; client < load_.clients; ++client)
        threads_.emplace_back([this, client] { run(client); });
}

HonestClients::~HonestClients() {
    stopping_ = true;
    for (auto& thread : threads_)
        thread.join();
}

HonestFigures HonestClients::take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(figures_, {});
}

HonestFigures HonestClients::observe(std::chrono::milliseconds duration) {
    (void)take();
    std::this_thread::sleep_for(duration);
    return take();
}

void HonestClients::run(int client) {
    const RawFields fields{{"Authorization", basic_authorization("tje0", "Tje0")},
                           {"Content-Type", "image/jpeg"}};
    std::array<std::optional<std::string>, persons_each> stored;
    std::optional<RawConnection> connection;
    // Distribute the clients over the pause, so that they don't send at the same time.
    std::this_thread::sleep_for(load_.pause * client / std::max(load_.clients, 1));
    auto next = std::chrono::steady_clock::now();
    for (std::uint32_t round = 0; !stopping_; ++round) {
        const auto slot = round % persons_each;
        const auto person = load_.first_person + client * persons_each + static_cast<int>(slot);
        const auto path = "/api/v1/Person/" + std::to_string(person) + "/Image";
        const bool put = !stored[slot] || round % static_cast<std::uint32_t>(load_.gets_per_put + 1) == 0;
        const auto body =
            put ? picture(load_.picture_bytes, static_cast<std::uint32_t>(client) << 20U | round)
                : std::string{};
        const auto began = std::chrono::steady_clock::now();
        try {
            if (!connection)
                connection.emplace(port_);
            connection->send(request_text(put ? "PUT" : "GET", path, fields, body));
            const auto answer = connection->read_response();
            note(put, std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                            began));
            if (put && load_.disk_may_fail && answer.status >= 500) {
                const std::lock_guard lock{mutex_};
                ++figures_.refused;
            } else if (answer.status != 200) {
                fault((put ? "PUT " : "GET ") + std::to_string(answer.status) + " " + answer.body);
            } else if (put) {
                stored[slot] = body;
            } else if (answer.body != *stored[slot]) {
                fault("The body of GET is not the stored picture");
            }
            if (answer.field("Connection") == "close")
                connection.reset();
        } catch (const std::runtime_error& error) {
            fault(error.what());
            connection.reset();
            stored[slot].reset(); // the outcome of an interrupted PUT is unknown
        }
        next = std::max(next + load_.pause, std::chrono::steady_clock::now());
        std::this_thread::sleep_until(next);
    }
}

void HonestClients::note(bool put, std::chrono::microseconds took) {
    const std::lock_guard lock{mutex_};
    (put ? figures_.puts : figures_.gets).push_back(took);
}

void HonestClients::fault(const std::string& text) {
    const std::lock_guard lock{mutex_};
    ++figures_.faults;
    if (figures_.first_fault.empty())
        figures_.first_fault = text;
}

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{5};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return true;
}

std::uint64_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        throw std::runtime_error{"getrlimit fails for RLIMIT_NOFILE"};
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

std::size_t descriptors_of(pid_t process) {
    using Entries = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(
        std::distance(Entries{"/proc/" + std::to_string(process) + "/fd"}, Entries{}));
}

std::map<std::string, std::string> environment_without_descriptors() {
    return {{"UBSAN_OPTIONS", "halt_on_error=0"}};
}

} // namespace portrait::testing
