#include "e2e/server_process.hpp"
#include "honest_clients.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hostile_body_flood_test {

using namespace portrait::testing;

namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t picture_bytes = 10 * mebibyte;
constexpr std::uint64_t cache_bytes = 16 * mebibyte;
constexpr std::size_t number_at = 8; // in the picture's first comment segment

std::string image_path(std::uint32_t number) {
    return "/api/v1/Person/" + std::to_string(number + 1) + "/Image";
}

RawFields fields() {
    return {{"Authorization", basic_authorization("tje0", "Tje0")}, {"Content-Type", "image/jpeg"}};
}

/// A picture in memory; the number in it makes it a different picture.
class Pictures {
public:
    Pictures() {
        const auto bytes = make_jpeg_of_size(picture_bytes);
        text_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }

    std::string_view of(std::uint32_t number) {
        std::memcpy(text_.data() + number_at, &number, sizeof number);
        return text_;
    }

private:
    std::string text_;
};

/// An upload that sends as fast as the server reads, and stops when it is answered.
class Upload {
public:
    Upload(std::uint16_t port, std::uint32_t number)
        : number_{number}
        , head_{request_text("PUT", image_path(number), with_length())}
        , socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (socket_ < 0 || ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
            throw std::system_error{errno, std::generic_category(), "connect"};
    }
    ~Upload() { close(); }
    Upload(Upload&& other) noexcept
        : number_{other.number_}
        , head_{std::move(other.head_)}
        , socket_{std::exchange(other.socket_, -1)} {}
    Upload& operator=(Upload&&) = delete;

    int socket() const { return socket_; }
    bool over() const { return socket_ < 0; }
    bool wants_to_send() const { return sent_ < head_.size() + picture_bytes; }
    std::uint32_t number() const { return number_; }
    /// Returns 0 if the connection broke before an answer.
    unsigned status() const { return status_; }
    bool told_to_retry() const { return received_.find("\r\nRetry-After: ") != std::string::npos; }

    void send_some(Pictures& pictures) {
        constexpr std::size_t at_a_time = 256 * 1024;
        const bool in_head = sent_ < head_.size();
        const std::string_view text = in_head ? std::string_view{head_} : pictures.of(number_);
        const auto rest = text.substr(in_head ? sent_ : sent_ - head_.size(), at_a_time);
        const auto count = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count > 0)
            sent_ += static_cast<std::size_t>(count);
        else if (errno != EAGAIN && errno != EINTR)
            close();
    }

    void receive_some() {
        std::array<char, 4096> buffer{};
        const auto count = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count <= 0)
            return close();
        received_.append(buffer.data(), static_cast<std::size_t>(count));
        if (received_.find("\r\n\r\n") == std::string::npos)
            return;
        status_ = static_cast<unsigned>(std::stoul(received_.substr(std::strlen("HTTP/1.1 "), 3)));
        close();
    }

private:
    static RawFields with_length() {
        auto all = fields();
        all.emplace_back("Content-Length", std::to_string(picture_bytes));
        return all;
    }
    void close() {
        if (socket_ >= 0)
            ::close(std::exchange(socket_, -1));
    }

    std::uint32_t number_;
    std::string head_;
    int socket_;
    std::size_t sent_ = 0;
    std::string received_;
    unsigned status_ = 0;
};

/// Runs all uploads in turns until each has its answer.
void upload(std::vector<Upload>& uploads, Pictures& pictures) {
    std::vector<pollfd> waiting;
    std::vector<Upload*> who;
    for (;;) {
        waiting.clear();
        who.clear();
        for (auto& upload : uploads)
            if (!upload.over()) {
                waiting.push_back({upload.socket(),
                                   static_cast<short>(POLLIN | (upload.wants_to_send() ? POLLOUT : 0)), 0});
                who.push_back(&upload);
            }
        if (waiting.empty())
            return;
        constexpr int patience = 120'000;
        REQUIRE(::poll(waiting.data(), waiting.size(), patience) > 0);
        for (std::size_t index = 0; index < who.size(); ++index) {
            const auto events = waiting[index].revents;
            if ((events & (POLLIN | POLLHUP | POLLERR)) != 0)
                who[index]->receive_some();
            if ((events & POLLOUT) != 0 && !who[index]->over())
                who[index]->send_some(pictures);
        }
    }
}

} // namespace

// PORTRAIT_BODY_FLOOD, such as 2000, selects the long form.
TEST_CASE("a flood of large bodies stays within the limit, and accepted pictures are stored",
          "[e2e][hostile]") {
    const char* const chosen = std::getenv("PORTRAIT_BODY_FLOOD");
    const auto count = static_cast<std::uint32_t>(chosen != nullptr ? std::stoi(chosen) : 40);
    const std::uint64_t limit = (chosen != nullptr ? 256 : 64) * mebibyte;
    REQUIRE(raise_descriptor_limit() > count + 100);
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments({"--demo", "--allow-any-person", "--log-level",
                                                         "error", "--bodies-in-flight", std::to_string(limit),
                                                         "--cache-bytes", std::to_string(cache_bytes)})}};
    const auto port = server.port();
    REQUIRE(fetch(port, "GET", image_path(0), fields()).status == 404); // signs in

    Pictures pictures;
    std::vector<Upload> uploads;
    for (std::uint32_t number = 0; number < count; ++number)
        uploads.emplace_back(port, number);
    const auto began = std::chrono::steady_clock::now();
    upload(uploads, pictures);
    const auto took = std::chrono::steady_clock::now() - began;
    const auto peak = server.peak_resident_bytes();

    std::map<unsigned, int> answers;
    int without_retry = 0;
    int not_kept = 0;
    RawConnection reader{port};
    for (const auto& upload : uploads) {
        ++answers[upload.status()];
        if (upload.status() == 503 && !upload.told_to_retry())
            ++without_retry;
        if (upload.status() != 200)
            continue;
        reader.send(request_text("GET", image_path(upload.number()), fields()));
        if (reader.read_response().body != pictures.of(upload.number()))
            ++not_kept;
    }
    std::string answer_counts;
    for (const auto& [status, times] : answers)
        answer_counts += " " + std::to_string(status) + " x " + std::to_string(times);
    WARN(count << " uploads of 10 MiB at once, limit of bodies in flight " << limit / mebibyte
               << " MiB, cache " << cache_bytes / mebibyte << " MiB: answers" << answer_counts << " in "
               << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms, at most "
               << peak / mebibyte << " MiB resident");
    CHECK(answers[200] > 0);
    CHECK(answers[200] + answers[503] == static_cast<int>(count));
    CHECK(without_retry == 0);
    CHECK(not_kept == 0);
    if (!PORTRAIT_SANITIZED)
        CHECK(peak / mebibyte < (limit + cache_bytes) / mebibyte + 64);
    CHECK(server.terminate().exit_code == 0);
}

} // namespace hostile_body_flood_test
