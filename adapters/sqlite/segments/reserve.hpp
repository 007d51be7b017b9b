#pragma once

#include "segments/file_descriptor.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>

namespace portrait::sqlite {

/// The file in a data folder that keeps room on the disk.
inline constexpr const char* reserve_name = "reserve";
/// The room that it keeps: enough for the log of about a hundred removals and for the log's index.
inline constexpr std::uint64_t reserve_bytes = 4ULL << 20;

/// Room on the disk for what has to work when the disk is full: removals and the opening of the folder. It is
/// given up in portions, so that other programs get little of it before SQLite's files do. Until all of it is
/// held again, whatever takes room is refused. Where the file can't be made or the file system can't
/// allocate in advance, there is no reserve, and nothing is refused for it. Thread-safe.
class Reserve {
public:
    explicit Reserve(const std::filesystem::path& folder);
    Reserve(const Reserve&) = delete;
    Reserve& operator=(const Reserve&) = delete;

    /// Allocates what isn't held, as far as the disk has room. Returns whether all is held.
    bool hold() noexcept;
    bool held() const noexcept { return held_.load(std::memory_order_acquire); }
    /// Frees a portion. False: none was held.
    bool give_up() noexcept;

private:
    void open() noexcept;

    const std::filesystem::path path_;
    std::mutex mutex_;
    std::optional<FileDescriptor> file_; ///< absent while the disk has no room for its name
    std::uint64_t size_ = 0;             ///< of the file
    std::atomic<bool> held_{false};
};

} // namespace portrait::sqlite
