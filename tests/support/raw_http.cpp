#include "support/raw_http.hpp"

#include "support/secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace portrait::testing {
namespace {

[[noreturn]] void fail(const std::string& what, int error = 0) {
    throw std::runtime_error{"raw HTTP client: " + what +
                             (error == 0 ? "" : std::string{": "} + std::strerror(error))};
}

bool same_name(std::string_view left, std::string_view right) noexcept {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    });
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return std::string{text.substr(first, text.find_last_not_of(" \t") - first + 1)};
}

int connected_socket(const std::string& host, std::uint16_t port, const std::string& from) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
        error != 0) {
        fail(std::string{"address: "} + gai_strerror(error));
    }
    const int descriptor = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && !from.empty()) {
        sockaddr_in source{};
        source.sin_family = AF_INET;
        inet_pton(AF_INET, from.c_str(), &source.sin_addr);
        if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) {
            fail("bind", errno);
        }
    }
    const int outcome = descriptor < 0 ? -1 : ::connect(descriptor, found->ai_addr, found->ai_addrlen);
    const int error = errno;
    freeaddrinfo(found);
    if (outcome != 0) {
        if (descriptor >= 0) {
            ::close(descriptor);
        }
        fail("connect", error);
    }
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return descriptor;
}

} // namespace

const std::string* RawResponse::find(std::string_view name) const noexcept {
    for (const auto& [key, value] : fields) {
        if (same_name(key, name)) {
            return &value;
        }
    }
    return nullptr;
}

std::string RawResponse::field(std::string_view name) const {
    const std::string* value = find(name);
    return value == nullptr ? std::string{} : *value;
}

std::size_t RawResponse::count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(std::count_if(
        fields.begin(), fields.end(), [&](const auto& field) { return same_name(field.first, name); }));
}

RawConnection::RawConnection(std::uint16_t port, const std::string& host, std::chrono::milliseconds patience,
                             const std::string& from)
    : socket_{connected_socket(host, port, from)}
    , patience_{patience} {}

RawConnection::RawConnection(RawConnection&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)}
    , patience_{other.patience_}
    , received_{std::move(other.received_)} {}

RawConnection& RawConnection::operator=(RawConnection&& other) noexcept {
    if (this != &other) {
        close();
        socket_ = std::exchange(other.socket_, -1);
        patience_ = other.patience_;
        received_ = std::move(other.received_);
    }
    return *this;
}

RawConnection::~RawConnection() {
    close();
}

void RawConnection::send(std::string_view bytes) {
    if (!try_send(bytes)) {
        fail("send", errno);
    }
}

bool RawConnection::try_send(std::string_view bytes) {
    while (!bytes.empty()) {
        pollfd wanted{socket_, POLLOUT, 0};
        const int ready = ::poll(&wanted, 1, static_cast<int>(patience_.count()));
        if (ready == 0) {
            fail("the peer takes no more bytes");
        }
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR || errno == EAGAIN) {
                continue;
            }
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void RawConnection::finish_sending() {
    ::shutdown(socket_, SHUT_WR);
}

void RawConnection::close(bool reset) noexcept {
    if (socket_ < 0) {
        return;
    }
    if (reset) {
        const linger abrupt{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
    }
    ::close(std::exchange(socket_, -1));
}

bool RawConnection::readable_within(std::chrono::milliseconds patience) {
    if (!received_.empty()) {
        return true;
    }
    pollfd wanted{socket_, POLLIN, 0};
    return ::poll(&wanted, 1, static_cast<int>(patience.count())) > 0;
}

// Appends what has arrived; false at the peer's close.
bool RawConnection::fill() {
    pollfd wanted{socket_, POLLIN, 0};
    if (::poll(&wanted, 1, static_cast<int>(patience_.count())) == 0) {
        fail("the peer is silent");
    }
    std::array<char, 65536> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
    for (;;) {
        const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (got >= 0) {
            received_.append(buffer.data(), static_cast<std::size_t>(got));
            return got > 0;
        }
        if (errno != EINTR) {
            fail("receive", errno);
        }
    }
}

std::string RawConnection::take_line() {
    for (;;) {
        if (const auto end = received_.find("\r\n"); end != std::string::npos) {
            std::string line = received_.substr(0, end);
            received_.erase(0, end + 2);
            return line;
        }
        if (!fill()) {
            fail("the peer closed within a line: '" + received_ + "'");
        }
    }
}

std::string RawConnection::take(std::size_t count) {
    while (received_.size() < count) {
        if (!fill()) {
            fail("the peer closed within a body");
        }
    }
    std::string bytes = received_.substr(0, count);
    received_.erase(0, count);
    return bytes;
}

std::string RawConnection::take_chunked() {
    std::string body;
    for (;;) {
        const std::size_t size = std::stoul(take_line(), nullptr, 16);
        if (size == 0) {
            while (!take_line().empty()) {
            }
            return body;
        }
        body += take(size);
        if (!take_line().empty()) {
            fail("a chunk doesn't end where its size says");
        }
    }
}

RawResponse RawConnection::parse_head() {
    RawResponse response;
    const std::string status_line = take_line();
    if (status_line.size() < 12 || status_line.substr(0, 5) != "HTTP/" || status_line[8] != ' ') {
        fail("no status line: '" + status_line + "'");
    }
    response.version = status_line.substr(0, 8);
    response.status = static_cast<unsigned>(std::stoul(status_line.substr(9, 3)));
    response.reason = status_line.size() > 13 ? status_line.substr(13) : std::string{};
    for (std::string line = take_line(); !line.empty(); line = take_line()) {
        const auto colon = line.find(':');
        if (colon == std::string::npos || colon == 0) {
            fail("no field: '" + line + "'");
        }
        response.fields.emplace_back(line.substr(0, colon),
                                     trimmed(std::string_view{line}.substr(colon + 1)));
        note_secrets_of(response.fields.back().first, response.fields.back().second);
    }
    return response;
}

RawResponse RawConnection::read_response(bool to_head) {
    RawResponse response = parse_head();
    if (to_head || response.status < 200 || response.status == 204 || response.status == 304) {
        return response;
    }
    if (same_name(response.field("Transfer-Encoding"), "chunked")) {
        response.body = take_chunked();
    } else if (const std::string* length = response.find("Content-Length")) {
        response.body = take(std::stoul(*length));
    } else {
        response.body = read_until_close();
    }
    return response;
}

std::string RawConnection::read_some() {
    if (received_.empty())
        fill();
    return std::exchange(received_, {});
}

std::size_t RawConnection::read_at_most(std::size_t count) {
    if (!readable_within(patience_)) {
        fail("the peer neither closes nor sends");
    }
    std::string dropped(count, '\0');
    const ssize_t got = ::recv(socket_, dropped.data(), dropped.size(), 0);
    if (got < 0) {
        fail("recv", errno);
    }
    return static_cast<std::size_t>(got);
}

std::string RawConnection::read_until_close() {
    while (fill()) {
    }
    return std::exchange(received_, {});
}

bool RawConnection::wait_for_close() {
    if (!received_.empty()) {
        return false;
    }
    if (!readable_within(patience_)) {
        fail("the peer neither closes nor sends");
    }
    char byte = 0;
    const ssize_t got = ::recv(socket_, &byte, 1, MSG_PEEK);
    return got == 0 || (got < 0 && (errno == ECONNRESET || errno == EPIPE));
}

std::string request_text(std::string_view method, std::string_view target, const RawFields& fields,
                         std::string_view body) {
    std::string text;
    text.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
    bool has_host = false;
    bool has_framing = body.empty();
    for (const auto& [name, value] : fields) {
        note_secrets_of(name, value);
        has_host = has_host || same_name(name, "Host");
        has_framing =
            has_framing || same_name(name, "Content-Length") || same_name(name, "Transfer-Encoding");
        text.append(name).append(": ").append(value).append("\r\n");
    }
    if (!has_host) {
        text += "Host: localhost\r\n";
    }
    if (!has_framing) {
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    text += "\r\n";
    text += body;
    return text;
}

std::string basic_authorization(std::string_view user, std::string_view password) {
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    note_secret(password);
    const std::string plain = std::string{user} + ":" + std::string{password};
    std::string encoded = "Basic ";
    for (std::size_t at = 0; at < plain.size(); at += 3) {
        unsigned group = 0;
        for (std::size_t offset = 0; offset < 3; ++offset) {
            const unsigned char byte =
                at + offset < plain.size() ? static_cast<unsigned char>(plain[at + offset]) : 0;
            group = group << 8U | byte;
        }
        const std::size_t known = std::min<std::size_t>(plain.size() - at, 3) + 1;
        for (unsigned digit = 0; digit < 4; ++digit) {
            encoded += digit < known ? digits[group >> (18U - 6U * digit) & 63U] : '=';
        }
    }
    return encoded;
}

RawResponse fetch(std::uint16_t port, std::string_view method, std::string_view target,
                  const RawFields& fields, std::string_view body) {
    RawConnection connection{port};
    connection.send(request_text(method, target, fields, body));
    return connection.read_response(method == "HEAD");
}

std::string chunked(std::string_view body, std::size_t chunk_size) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t at = 0; at < body.size(); at += chunk_size) {
        const std::string_view chunk = body.substr(at, chunk_size);
        std::string size;
        for (std::size_t rest = chunk.size(); rest != 0; rest >>= 4U) {
            size.insert(size.begin(), digits[rest & 15U]);
        }
        text.append(size).append("\r\n").append(chunk).append("\r\n");
    }
    return text + "0\r\n\r\n";
}

} // namespace portrait::testing
