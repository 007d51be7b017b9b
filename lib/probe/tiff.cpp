#include "readers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace portrait::probing {
namespace {

constexpr std::uint64_t file_header = 8;
constexpr std::uint64_t entry_size = 12;

enum class Tag : std::uint16_t {
    none = 0,
    image_width = 256,
    image_length = 257,
    bits_per_sample = 258,
    photometric = 262,
    strip_offsets = 273,
    samples_per_pixel = 277,
    tile_offsets = 324,
    jpeg_interchange = 513, // where the old style of JPEG in TIFF has its data
};

struct Entry {
    Tag tag = Tag::none;
    std::uint16_t type = 0;
    std::uint32_t count = 0;
    std::uint64_t value = 0; ///< where the entry's value field is
};

std::uint64_t size_of_number(std::uint16_t type) {
    switch (type) {
    case 1: return 1; // BYTE
    case 3: return 2; // SHORT
    case 4: return 4; // LONG
    default: return 0;
    }
}

std::string_view name_of(Tag tag) {
    switch (tag) {
    case Tag::image_width: return "ImageWidth";
    case Tag::image_length: return "ImageLength";
    case Tag::bits_per_sample: return "BitsPerSample";
    case Tag::photometric: return "PhotometricInterpretation";
    case Tag::samples_per_pixel: return "SamplesPerPixel";
    default: return "other";
    }
}

ColorModel color_of(std::uint32_t photometric) {
    switch (photometric) {
    case 0:
    case 1:
    case 4: return ColorModel::grey; // 4 is a mask of transparency
    case 2: return ColorModel::rgb;
    case 3: return ColorModel::palette;
    case 5: return ColorModel::cmyk;
    case 6: return ColorModel::ycbcr;
    case 8:
    case 9:
    case 10: return ColorModel::lab;
    default: return ColorModel::other;
    }
}

/// Reads the first directory of a TIFF in either byte order.
class DirectoryReader {
public:
    explicit DirectoryReader(ByteView bytes)
        : bytes_{bytes}
        , big_{bytes.u8(0) == 'M'} {}

    [[nodiscard]] result<ImageHeader> read() {
        if (!bytes_.has(0, file_header))
            return truncated("TIFF's header", bytes_, file_header);
        directory_ = u32(4);
        if (auto entries = read_entries(); !entries)
            return entries.error();
        auto header = header_from_entries();
        if (!header)
            return header;
        if (chain_loops())
            return corrupt("The TIFF's directories form a loop");
        return header;
    }

private:
    std::uint16_t u16(std::uint64_t offset) const { return big_ ? bytes_.be16(offset) : bytes_.le16(offset); }
    std::uint32_t u32(std::uint64_t offset) const { return big_ ? bytes_.be32(offset) : bytes_.le32(offset); }

    /// Finds the entries that matter. Their order is free, though the specification wants it ascending.
    [[nodiscard]] result<void> read_entries() {
        if (directory_ < file_header)
            return corrupt("The TIFF's first directory would begin inside the file's header");
        if (!bytes_.has(directory_, 2))
            return truncated("TIFF's first directory", bytes_, directory_ + 2);
        const std::uint64_t count = u16(directory_);
        if (count == 0)
            return corrupt("The TIFF's first directory has no entries");
        if (count > budget_.steps())
            return corrupt(fmt::format("The TIFF's first directory has {} entries; at most {} are read",
                                       count, budget_.steps()));
        const auto first = directory_ + 2;
        if (!bytes_.has(first, count * entry_size))
            return truncated("TIFF's first directory", bytes_, first + count * entry_size);
        for (auto at = first; at < first + count * entry_size; at += entry_size) {
            budget_.step(entry_size);
            const Entry entry{static_cast<Tag>(u16(at)), u16(at + 2), u32(at + 4), at + 8};
            if (auto kept = keep(entry); !kept)
                return kept;
        }
        return {};
    }

    [[nodiscard]] result<void> keep(const Entry& entry) {
        const auto once = [&](Entry& place) -> result<void> {
            if (place.count != 0)
                return corrupt(fmt::format("The TIFF's first directory has {} twice", name_of(entry.tag)));
            if (size_of_number(entry.type) == 0 || entry.count == 0)
                return corrupt(fmt::format("The TIFF's {} is not a number", name_of(entry.tag)));
            place = entry;
            return {};
        };
        switch (entry.tag) {
        case Tag::image_width: return once(width_);
        case Tag::image_length: return once(height_);
        case Tag::bits_per_sample: return once(bits_);
        case Tag::photometric: return once(photometric_);
        case Tag::samples_per_pixel: return once(samples_);
        case Tag::strip_offsets:
        case Tag::tile_offsets:
        case Tag::jpeg_interchange: has_data_ = true; return {};
        default: return {};
        }
    }

    [[nodiscard]] result<ImageHeader> header_from_entries() {
        if (width_.count == 0 || height_.count == 0)
            return corrupt("The TIFF's first directory does not tell the picture's width and height");
        if (!has_data_)
            return corrupt("The TIFF's first directory has no picture data");
        const auto width = one_number(width_, 0);
        const auto height = one_number(height_, 0);
        const auto samples = one_number(samples_, 1);
        const auto photometric = one_number(photometric_, std::numeric_limits<std::uint32_t>::max());
        for (const auto* value : {&width, &height, &samples, &photometric})
            if (!*value)
                return value->error();
        if (*width == 0 || *height == 0)
            return zero_dimension("TIFF", *width, *height);
        const auto color = color_of(*photometric);
        const bool needs_three = color == ColorModel::rgb || color == ColorModel::ycbcr;
        if (*samples < (needs_three ? 3U : 1U) || *samples > std::numeric_limits<std::uint16_t>::max())
            return corrupt(
                fmt::format("The TIFF has {} samples a pixel, which does not fit its colours", *samples));
        const auto bits = most_bits(*samples);
        if (!bits)
            return bits.error();
        ImageHeader header;
        header.format = ImageFormat::tiff;
        header.width = *width;
        header.height = *height;
        header.bits_per_sample = *bits;
        header.samples = static_cast<std::uint16_t>(*samples);
        header.color = color;
        return header;
    }

    std::uint32_t number(std::uint16_t type, std::uint64_t offset) const {
        return type == 1 ? bytes_.u8(offset) : type == 3 ? u16(offset) : u32(offset);
    }

    [[nodiscard]] result<std::uint32_t> one_number(const Entry& entry, std::uint32_t absent) const {
        if (entry.count == 0)
            return absent;
        if (entry.count != 1)
            return corrupt(
                fmt::format("The TIFF's {} has {} values instead of one", name_of(entry.tag), entry.count));
        return number(entry.type, entry.value);
    }

    /// Samples may differ in size: the largest counts. Old writers give one size for all samples.
    [[nodiscard]] result<std::uint16_t> most_bits(std::uint32_t samples) {
        if (bits_.count == 0)
            return std::uint16_t{1}; // the specification's default
        if (bits_.count != 1 && bits_.count < samples)
            return corrupt("The TIFF's BitsPerSample has fewer values than there are samples");
        const auto each = size_of_number(bits_.type);
        const auto all = each * bits_.count;
        auto offset = bits_.value;
        if (all > 4) {
            offset = u32(bits_.value);
            if (offset < file_header)
                return corrupt("The TIFF's BitsPerSample would be inside the file's header");
            if (!bytes_.has(offset, all))
                return truncated("TIFF's BitsPerSample", bytes_, offset + all);
        }
        const auto looked_at = std::min(bits_.count, samples);
        if (!budget_.look(each * looked_at))
            return out_of_budget("TIFF", "BitsPerSample");
        std::uint32_t most = 0;
        for (std::uint32_t index = 0; index < looked_at; ++index) {
            const auto bits = number(bits_.type, offset + each * index);
            if (bits == 0 || bits > 64)
                return corrupt(fmt::format("The TIFF has {} bits a sample; 1 to 64 are known", bits));
            most = std::max(most, bits);
        }
        return static_cast<std::uint16_t>(most);
    }

    /// Where the next directory is; 0 when there is none, or the file ends before it says.
    std::uint64_t next_of(std::uint64_t directory) const {
        const auto link = directory + 2 + entry_size * u16(directory);
        return bytes_.has(link, 4) ? u32(link) : 0;
    }

    /// Follows the chain of directories as far as the budget goes, by Brent's way of finding cycles. A chain
    /// that leaves the file is no loop: the first picture is whole, and only that is promised.
    bool chain_loops() {
        auto met = directory_;
        std::uint64_t steps = 0;
        std::uint64_t power = 1;
        for (auto at = next_of(directory_); at >= file_header && bytes_.has(at, 2); at = next_of(at)) {
            if (at == met)
                return true;
            if (!budget_.step(6))
                return false;
            if (++steps == power) {
                met = at;
                power *= 2;
                steps = 0;
            }
        }
        return false;
    }

    ByteView bytes_;
    bool big_;
    Budget budget_;
    std::uint64_t directory_ = 0;
    Entry width_;
    Entry height_;
    Entry bits_;
    Entry photometric_;
    Entry samples_;
    bool has_data_ = false;
};

} // namespace

[[nodiscard]] result<ImageHeader> read_tiff(ByteView bytes) {
    return DirectoryReader{bytes}.read();
}

} // namespace portrait::probing
