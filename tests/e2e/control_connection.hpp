#pragma once

#include "support/catch.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace portrait::testing {

/// A connection to the control socket that sends any text.
class ControlConnection {
public:
    explicit ControlConnection(const std::filesystem::path& folder)
        : socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const auto path = (folder / "control.sock").string();
        REQUIRE(path.size() < sizeof address.sun_path);
        std::copy(path.begin(), path.end(), address.sun_path);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::system_error{errno, std::generic_category(), "connect"};
    }
    ControlConnection(const ControlConnection&) = delete;
    ControlConnection& operator=(const ControlConnection&) = delete;
    ~ControlConnection() { ::close(socket_); }

    void send(std::string_view text) const { (void)try_send(text); }
    bool try_send(std::string_view text) const {
        return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
    }
    /// Bytes that have arrived and weren't read.
    int unread_bytes() const {
        int bytes = 0;
        REQUIRE(::ioctl(socket_, FIONREAD, &bytes) == 0);
        return bytes;
    }

    /// The next line with its end, or what comes before the close.
    std::string read_line() const {
        std::string line;
        for (char next = 0; next != '\n' && ::recv(socket_, &next, 1, 0) == 1;)
            line += next;
        return line;
    }

    std::string read_until_close() const {
        std::string all;
        std::array<char, 4096> buffer{};
        ssize_t count = 0;
        while ((count = ::recv(socket_, buffer.data(), buffer.size(), 0)) > 0)
            all.append(buffer.data(), static_cast<std::size_t>(count));
        return all;
    }

private:
    int socket_;
};

} // namespace portrait::testing
