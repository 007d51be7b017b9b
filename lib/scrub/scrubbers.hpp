#pragma once

#include "probe/readers.hpp"

#include <portrait/scrub.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace portrait::scrubbing {

/// An EXIF orientation, 2 to 8, or none.
using Orientation = std::optional<std::uint8_t>;

/// Cuts parts out of a file, from its beginning to its end, and counts them. Copies nothing before the first
/// cut.
class Excision {
public:
    explicit Excision(probing::ByteView bytes) noexcept
        : bytes_{bytes} {}

    /// Cuts [from, to) out; `from` lies at or behind the last `to`. Empty parts don't count.
    void remove(MetadataKind kind, std::uint64_t from, std::uint64_t to) { replace(kind, from, to, {}); }
    /// Cuts [from, to) out and inserts the replacement, unless they are equal.
    void replace(MetadataKind kind, std::uint64_t from, std::uint64_t to,
                 std::span<const std::byte> replacement);

    /// The file without the parts that were cut out; empty when there are none.
    std::vector<std::byte> take_rest();
    std::vector<RemovedMetadata> removed() const;

private:
    static constexpr std::size_t kinds = static_cast<std::size_t>(MetadataKind::trailing_data) + 1;

    probing::ByteView bytes_;
    std::uint64_t kept_from_ = 0;
    std::vector<std::byte> rest_;
    std::array<RemovedMetadata, kinds> removed_{};
};

/// The orientation in the first directory of an EXIF block; absent when there is none, when it isn't 2 to 8,
/// or when the block is damaged. `bytes` begin with the TIFF header.
Orientation orientation_in(probing::ByteView bytes);

/// An EXIF block (a big-endian TIFF structure) of an orientation alone.
std::array<std::byte, 26> orientation_block(std::uint8_t orientation);

/// Whether a profile of that size begins with `head`: it has ICC's signature, and the size that it states.
bool is_icc_profile(std::span<const std::byte> head, std::uint64_t size);
inline constexpr std::size_t icc_header_size = 128;

/// Each cuts the metadata out of a file whose head `probe` has accepted, and returns the orientation that
/// stays; errors as `scrub` documents them.
[[nodiscard]] result<Orientation> scrub_jpeg(probing::ByteView bytes, Excision& excision);
[[nodiscard]] result<Orientation> scrub_png(probing::ByteView bytes, Excision& excision);
[[nodiscard]] result<Orientation> scrub_gif(probing::ByteView bytes, Excision& excision);

} // namespace portrait::scrubbing
