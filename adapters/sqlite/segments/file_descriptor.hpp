#pragma once

#include <portrait/error.hpp>

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait::sqlite {

/// The store's code for an errno: `store_full`, `store_read_only`, `service_busy` or `store_io`.
errc code_of_errno(int number) noexcept;
/// An error of that code. `call` and `path` go into the cause only.
Error error_of_errno(int number, std::string_view call, const std::filesystem::path& path = {});

/// Owns an open file. Movable; a moved-from one owns nothing.
class FileDescriptor {
public:
    explicit FileDescriptor(int descriptor) noexcept
        : descriptor_{descriptor} {}
    FileDescriptor(FileDescriptor&& other) noexcept
        : descriptor_{std::exchange(other.descriptor_, -1)} {}
    FileDescriptor& operator=(FileDescriptor&&) = delete;
    ~FileDescriptor();

    /// `open(2)` with O_CLOEXEC and mode 0600, retried on EINTR. On failure the result is false and errno is
    /// set.
    static FileDescriptor open(const std::filesystem::path& path, int flags) noexcept;

    int get() const noexcept { return descriptor_; }
    explicit operator bool() const noexcept { return descriptor_ >= 0; }

private:
    int descriptor_;
};

/// Writes all parts at `offset` by as many calls as are needed, and changes `parts` meanwhile. Returns 0 or
/// an errno.
int write_fully(int descriptor, std::span<iovec> parts, std::uint64_t offset) noexcept;

/// Whether a read may wait for the disk.
enum class Waiting { allowed, refused };

/// Reads until `buffer` is full or the file ends. The count goes into `read`. Returns 0 or an errno. With
/// `Waiting::refused` it is EAGAIN when a part isn't in the page cache, and usually EOPNOTSUPP when the file
/// system can't read without waiting.
int read_fully(int descriptor, std::span<std::byte> buffer, std::uint64_t offset, std::size_t& read,
               Waiting waiting = Waiting::allowed) noexcept;

/// The room on the file's disk for this process's user; the largest number when it isn't known.
std::uint64_t free_bytes(int descriptor) noexcept;

/// Makes an empty file, mode 0600. The result owns nothing when there is a file already.
[[nodiscard]] result<FileDescriptor> make_file(const std::filesystem::path& path);

/// Unlinks a file if it is there.
[[nodiscard]] result<void> remove_file(const std::filesystem::path& path);

/// The names of a folder's entries. Not by std::filesystem, whose iterator ends the process when no memory is
/// left.
[[nodiscard]] result<std::vector<std::string>> names_in(const std::filesystem::path& folder);

/// Makes a folder's entries durable.
[[nodiscard]] result<void> sync_folder(const std::filesystem::path& folder);

} // namespace portrait::sqlite
