#pragma once

#include <portrait/error.hpp>

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

namespace portrait::sqlite {

/// The mode of every file that is made: its owner reads and writes.
inline constexpr unsigned private_file = 0600;

/// What an errno of a file call means to a store: `store_full`, `store_read_only`, `service_busy` or
/// `store_io`.
errc code_of_errno(int number) noexcept;
/// The same as an error. `call` and `path` go into the cause only.
Error error_of_errno(int number, std::string_view call, const std::filesystem::path& path = {});

/// Owns an open file. Movable; a moved-from one owns nothing.
class FileDescriptor {
public:
    FileDescriptor() noexcept = default;
    explicit FileDescriptor(int descriptor) noexcept
        : descriptor_{descriptor} {}
    FileDescriptor(FileDescriptor&& other) noexcept
        : descriptor_{std::exchange(other.descriptor_, -1)} {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    ~FileDescriptor();

    /// `open(2)`, with O_CLOEXEC and retried on EINTR; -1 in the result's `get()` and errno on failure.
    static FileDescriptor open(const std::filesystem::path& path, int flags, unsigned mode = 0) noexcept;

    int get() const noexcept { return descriptor_; }
    explicit operator bool() const noexcept { return descriptor_ >= 0; }

private:
    int descriptor_ = -1;
};

/// Writes everything at `offset`, over as many calls as it takes. `parts` is used up. 0, or an errno.
int write_fully(int descriptor, std::span<iovec> parts, std::uint64_t offset) noexcept;

/// Reads into `buffer` until it is full or the file ends. The count goes into `read`. 0, or an errno.
int read_fully(int descriptor, std::span<std::byte> buffer, std::uint64_t offset, std::size_t& read) noexcept;

/// The same without waiting for the disk: EAGAIN when some of it isn't in memory. Also where the file system
/// can't tell, for which EOPNOTSUPP is the usual answer, nothing is waited for.
int read_resident(int descriptor, std::span<std::byte> buffer, std::uint64_t offset,
                  std::size_t& read) noexcept;

/// Makes a folder's entries durable.
[[nodiscard]] result<void> sync_folder(const std::filesystem::path& folder);

} // namespace portrait::sqlite
