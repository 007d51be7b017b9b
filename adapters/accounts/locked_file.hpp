#pragma once

#include <portrait/error.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace portrait::http {

/// Owns a file descriptor. Closing it releases its locks.
class Descriptor {
public:
    explicit Descriptor(int number) noexcept
        : number_{number} {}
    Descriptor(Descriptor&& other) noexcept
        : number_{std::exchange(other.number_, -1)} {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor();

    int number() const noexcept { return number_; }
    bool is_open() const noexcept { return number_ >= 0; }

private:
    int number_;
};

/// A small file that an operator keeps, such as the users file, locked against other writers while this
/// object exists, to be replaced as a whole. Two processes that change it at the same time both succeed, one
/// after the other. Not thread-safe.
class LockedFile {
public:
    /// Waits for the lock. Makes an empty file (0600) when there is none. Follows a symbolic link. `name` is
    /// the file's name in messages; errors have the path in their cause only.
    [[nodiscard]] static result<LockedFile> open(const std::filesystem::path& path, std::string_view name);

    [[nodiscard]] result<std::string> read() const;
    /// Replaces the file by a new one with this text and with the old one's owner and mode. Atomic and
    /// durable: readers and crashes see the old file or the new one. To be called once.
    [[nodiscard]] result<void> replace(std::string_view text);

private:
    LockedFile(Descriptor file, std::filesystem::path path, std::string_view name)
        : file_{std::move(file)}
        , path_{std::move(path)}
        , name_{name} {}

    Descriptor file_;
    std::filesystem::path path_; ///< without symbolic links
    std::string name_;
};

} // namespace portrait::http
