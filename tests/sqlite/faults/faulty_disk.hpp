#pragma once

#include <cstddef>
#include <string>

namespace portrait::testing {

/// Makes calls to the kernel fail while it lives. The test program replaces the C library's `fsync`,
/// `fdatasync`, `pread`, `pwrite`, `pwritev`, `ftruncate` and `fallocate`, for the store and for SQLite. One
/// object at a time.
class FaultyDisk {
public:
    enum class Call { sync, write, allocate, read, resize };

    /// Calls of this kind fail with this errno on files whose names have this end.
    FaultyDisk(Call call, std::string file_name_end, int error_number);
    /// Only the n-th of these calls fails, counted from 1; with 0 the calls are only counted.
    FaultyDisk(Call call, std::string file_name_end, int error_number, int nth);
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;
    ~FaultyDisk();

    /// The number of failed calls.
    int failed() const;
    /// The number of matching calls, failed ones included.
    int seen() const;
};

/// Lets every `pwritev` write at most this many bytes; 0 lifts the limit.
void limit_each_write(std::size_t bytes);

} // namespace portrait::testing
