#pragma once

#include <cstddef>
#include <string>

namespace portrait::testing {

/// Makes calls to the kernel fail while it lives: this test program puts its own `fsync`, `fdatasync`,
/// `pread`, `pwrite`, `pwritev`, `ftruncate` and `fallocate` before the C library's, for the store and for
/// SQLite alike. One at a time.
class FaultyDisk {
public:
    enum class Call { sync, write, allocate, read, resize };

    /// Calls of this kind on files whose name ends so fail with this errno.
    FaultyDisk(Call call, std::string file_name_end, int error_number);
    /// Only the n-th of these calls fails, counted from 1; with 0 none does, and they are merely counted.
    FaultyDisk(Call call, std::string file_name_end, int error_number, int nth);
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;
    ~FaultyDisk();

    /// How many calls it has made fail.
    int failed() const;
    /// How many there were, those that failed among them.
    int seen() const;
};

/// Lets every `pwritev` write at most this many bytes; 0 lifts the limit.
void limit_each_write(std::size_t bytes);

} // namespace portrait::testing
