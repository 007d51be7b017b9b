#pragma once

#include <portrait/image_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace portrait::http {

/// The body of one request while it arrives: uninitialised memory that grows as bytes arrive, without copying
/// where the system can move pages instead. At most 1 MiB of a declared length is reserved in advance. Not
/// thread-safe. Throws `std::bad_alloc`.
class BodyBuffer {
public:
    static constexpr std::size_t reserve_at_once = 1024ULL * 1024;

    /// `declared` is the length in the head, absent for chunks. `limit` is the largest size that is accepted.
    BodyBuffer(std::optional<std::uint64_t> declared, std::uint64_t limit);

    std::size_t size() const noexcept { return size_; }
    std::size_t capacity() const noexcept { return capacity_; }

    /// Room for at least one byte more within the limit; empty when the limit is reached.
    std::span<std::byte> prepare();
    /// Adds the first `count` bytes of the room, which were filled.
    void commit(std::size_t count) noexcept { size_ += count; }
    /// Adds a copy. Returns the number of bytes that fitted within the limit.
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
    std::size_t most_; ///< bytes that are accepted
};

} // namespace portrait::http
