#pragma once

#include "../probe/byte_view.hpp"

#include <portrait/scrub.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace portrait::scrubbing {

/// Cuts parts out of a file, from its beginning to its end, and counts them. Copies nothing before the first
/// cut.
class Excision {
public:
    explicit Excision(probing::ByteView bytes) noexcept
        : bytes_{bytes} {}

    /// Takes [from, to) out; `from` lies at or behind the last `to`. Empty parts don't count.
    void remove(MetadataKind kind, std::uint64_t from, std::uint64_t to) { replace(kind, from, to, {}); }
    /// The same, and puts something in its place.
    void replace(MetadataKind kind, std::uint64_t from, std::uint64_t to,
                 std::span<const std::byte> replacement);

    /// The file without what was cut out; empty when that is nothing.
    std::vector<std::byte> take_rest();
    std::vector<RemovedMetadata> removed() const;

private:
    static constexpr std::size_t kinds = static_cast<std::size_t>(MetadataKind::trailing_data) + 1;

    probing::ByteView bytes_;
    std::uint64_t kept_from_ = 0;
    std::vector<std::byte> rest_;
    std::array<RemovedMetadata, kinds> removed_{};
};

} // namespace portrait::scrubbing
