#pragma once

#include <portrait/image_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace portrait::http {

/// One request's body while it arrives: uninitialised memory that grows with what comes, without copying
/// where the system can move pages instead. A declared length of at most 1 MiB is reserved at once; beyond
/// that a declaration takes no memory. Not thread-safe. Throws `std::bad_alloc`.
class BodyBuffer {
public:
    static constexpr std::size_t reserve_at_once = 1024ULL * 1024;

    /// `declared` is the length that the head declares, absent for chunks. `limit` is the most that may come.
    BodyBuffer(std::optional<std::uint64_t> declared, std::uint64_t limit);

    std::size_t size() const noexcept { return size_; }
    std::size_t capacity() const noexcept { return capacity_; }

    /// Room for at least one byte more, never beyond what may come; empty when that is all here.
    std::span<std::byte> prepare();
    /// The first `count` bytes of the room have been filled.
    void commit(std::size_t count) noexcept { size_ += count; }
    /// Adds a copy. Returns how many bytes fitted below what may come.
    std::size_t append(std::span<const std::byte> bytes);

    /// Hands the memory over, cut to the size, and leaves the buffer empty.
    ImageBytes take();

private:
    struct Free {
        void operator()(std::byte* memory) const noexcept;
    };

    void resize(std::size_t capacity);

    std::unique_ptr<std::byte, Free> memory_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::size_t most_; ///< bytes that may come
};

} // namespace portrait::http
