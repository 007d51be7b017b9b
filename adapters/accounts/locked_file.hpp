#pragma once

#include <portrait/error.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace portrait::http {

/// A small file that an operator keeps, such as the users file, locked against other writers until this
/// object goes, to be replaced as a whole. Two processes that change it at the same time both succeed, one
/// after the other. Not thread-safe.
class LockedFile {
public:
    /// Waits for the lock. Makes an empty file (0600) when there is none. A symbolic link stays one: the file
    /// that it names is what changes.
    [[nodiscard]] static result<LockedFile> open(const std::filesystem::path& path, std::string_view name);
    LockedFile(LockedFile&& other) noexcept;
    LockedFile& operator=(LockedFile&&) = delete;
    ~LockedFile();

    /// Where the file really is.
    const std::filesystem::path& path() const noexcept { return path_; }
    /// Puts a new file with this text in its place, with its owner and mode. Atomic and durable: readers and
    /// crashes see the old file or the new one. Nothing more can be replaced afterwards.
    [[nodiscard]] result<void> replace(std::string_view text);

private:
    LockedFile(int descriptor, std::filesystem::path path, std::string_view name);

    int descriptor_;
    std::filesystem::path path_;
    std::string name_;
};

} // namespace portrait::http
