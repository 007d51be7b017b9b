#pragma once

#include <filesystem>

namespace portrait::testing {

/// A folder on the disk that goes away with this object.
class TemporaryFolder {
public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();

    const std::filesystem::path& path() const noexcept { return path_; }
    /// A path inside, which nothing has been made at.
    std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// The permission bits of a file or folder, such as 0600.
unsigned mode_of(const std::filesystem::path& path);

/// Bytes that a file really takes on the disk.
std::uint64_t disk_usage(const std::filesystem::path& path);

/// Flips the bits of one byte of a file.
void damage_byte(const std::filesystem::path& path, std::uint64_t offset);

} // namespace portrait::testing
