#pragma once

#include <portrait/probe.hpp>
#include <portrait/upload_converter.hpp>

#include <boost/assert.hpp>
#include <boost/crc.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace portrait::probing {

inline constexpr std::string_view png_signature{"\x89PNG\r\n\x1a\n", 8};
inline constexpr std::string_view jpeg_signature{"\xff\xd8\xff", 3};
inline constexpr std::string_view gif87_signature{"GIF87a"};
inline constexpr std::string_view gif89_signature{"GIF89a"};
inline constexpr std::string_view tiff_little_signature{"II*\0", 4};
inline constexpr std::string_view tiff_big_signature{"MM\0*", 4};
inline constexpr std::string_view bigtiff_little_signature{"II+\0", 4};
inline constexpr std::string_view bigtiff_big_signature{"MM\0+", 4};

inline constexpr std::uint64_t gif_screen_end = 13; // signature and logical screen descriptor
inline constexpr std::uint64_t gif_descriptor_size = 10;
inline constexpr std::uint8_t gif_table_flag = 0x80;

/// Untrusted bytes and the numbers in them. Offsets are 64 bits wide, so that lengths from a file can be
/// added without overflow. Call `has` before each read.
class ByteView {
public:
    explicit ByteView(std::span<const std::byte> bytes) noexcept
        : bytes_{bytes} {}

    std::uint64_t size() const noexcept { return bytes_.size(); }

    /// Whether `count` bytes exist from `offset` on.
    bool has(std::uint64_t offset, std::uint64_t count) const noexcept {
        return offset <= size() && count <= size() - offset;
    }

    std::uint8_t u8(std::uint64_t offset) const noexcept {
        BOOST_ASSERT(has(offset, 1));
        return std::to_integer<std::uint8_t>(bytes_[static_cast<std::size_t>(offset)]);
    }
    std::uint16_t be16(std::uint64_t offset) const noexcept {
        return static_cast<std::uint16_t>(u8(offset) << 8 | u8(offset + 1));
    }
    std::uint16_t le16(std::uint64_t offset) const noexcept {
        return static_cast<std::uint16_t>(u8(offset + 1) << 8 | u8(offset));
    }
    std::uint32_t be32(std::uint64_t offset) const noexcept {
        return static_cast<std::uint32_t>(be16(offset)) << 16 | be16(offset + 2);
    }
    std::uint32_t le32(std::uint64_t offset) const noexcept {
        return static_cast<std::uint32_t>(le16(offset + 2)) << 16 | le16(offset);
    }

    std::span<const std::byte> part(std::uint64_t offset, std::uint64_t count) const noexcept {
        BOOST_ASSERT(has(offset, count));
        return bytes_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count));
    }
    /// The bytes as characters.
    std::string_view text(std::uint64_t offset, std::uint64_t count) const noexcept {
        const auto bytes = part(offset, count);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    /// Whether all of `expected` is at `offset`.
    bool matches(std::uint64_t offset, std::string_view expected) const noexcept {
        return has(offset, expected.size()) && text(offset, expected.size()) == expected;
    }
    /// Whether the bytes from `offset` on are `expected` or its beginning.
    bool begins_to_match(std::uint64_t offset, std::string_view expected) const noexcept {
        if (offset > size())
            return true;
        const auto there = expected.substr(0, static_cast<std::size_t>(size() - offset));
        return text(offset, there.size()) == there;
    }

private:
    std::span<const std::byte> bytes_;
};

/// The work that one call of `probe` may still do.
class Budget {
public:
    /// Pays for one step (a segment, chunk, block or entry) that reads `bytes` bytes; false if that is too
    /// much.
    bool step(std::uint64_t bytes) noexcept {
        if (steps_ == 0)
            return false;
        --steps_;
        return look(bytes);
    }
    /// Pays for reading `bytes` bytes; false, and nothing paid, if that is too much.
    bool look(std::uint64_t bytes) noexcept {
        if (bytes > bytes_)
            return false;
        bytes_ -= bytes;
        return true;
    }
    std::uint64_t steps() const noexcept { return steps_; }

private:
    std::uint64_t steps_ = probe_step_budget;
    std::uint64_t bytes_ = probe_byte_budget;
};

/// Each reads the head of a picture whose signature was seen already; errors as `probe` documents them.
[[nodiscard]] result<ImageHeader> read_png(ByteView bytes);
[[nodiscard]] result<ImageHeader> read_jpeg(ByteView bytes);
[[nodiscard]] result<ImageHeader> read_gif(ByteView bytes);
[[nodiscard]] result<ImageHeader> read_tiff(ByteView bytes);

inline constexpr std::uint64_t chunk_frame = 12; // length, name and CRC
inline constexpr std::uint32_t largest_png_number = 0x7fff'ffff;

/// Whether the text can be a chunk's name.
inline bool is_chunk_name(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

/// Whether decoders may ignore the chunk.
inline bool is_ancillary(std::string_view name) {
    return name.front() >= 'a';
}

/// PNG's CRC-32.
inline std::uint32_t checksum(std::span<const std::byte> bytes) {
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

/// Reads at most the first 256 bytes.
std::optional<ConvertibleFormat> convertible_format(ByteView bytes) noexcept;

/// The name of another format that users upload as a picture, such as "a WebP picture"; absent for unknown
/// bytes. Reads at most the first 16 KiB.
std::optional<std::string_view> other_format(ByteView bytes);

/// `image_corrupt`; the message says what is wrong.
Error corrupt(std::string message);
/// `image_truncated`: `part` needs `needed` bytes and the file ends before. Observed is the file's size,
/// limit is `needed`.
Error truncated(std::string_view part, ByteView bytes, std::uint64_t needed);
/// `image_zero_dimension` with the dimensions.
Error zero_dimension(std::string_view format, std::uint64_t width, std::uint64_t height);
/// `image_unsupported_format`; `found` is a phrase such as "a WebP picture".
Error unsupported(std::string_view found);
/// `image_unsupported_encoding`; `found` is a phrase such as "a JPEG of 12 bits a sample".
Error unsupported_encoding(std::string_view found);
/// `image_corrupt` for a part that isn't found within the budget; `sought` is a phrase such as "frame
/// header".
Error out_of_budget(std::string_view format, std::string_view sought);

struct Dimensions {
    std::uint32_t width = 0;
    std::uint32_t height = 0;

    friend bool operator==(const Dimensions&, const Dimensions&) = default;
};

/// A longer head is not given to stb_image.
inline constexpr std::uint64_t stb_prefix = 64ULL * 1024;

/// The dimensions that stb_image's info function reads from the head of a PNG, JPEG or GIF; absent when it
/// refuses. Decodes nothing; its memory is of fixed size (some 35 KiB) whatever the head claims. Thread-safe.
///
/// A refusal means nothing: stb_image refuses legal files (more than 2^24 pixels a side, more than 2^30
/// samples, 12 bits, two components, a marker unknown to it). Only other dimensions than ours mean something.
/// Never give it a JPEG's DHT segment: this version writes past its tables when a segment names more than 257
/// codes.
std::optional<Dimensions> stb_dimensions(std::span<const std::byte> head) noexcept;

/// Whether stb_image reads other dimensions than these from the head.
bool stb_contradicts(std::span<const std::byte> head, Dimensions ours) noexcept;

} // namespace portrait::probing
