#include "readers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace portrait::probing {
namespace {

constexpr std::uint64_t file_header = 8;
constexpr std::uint64_t entry_size = 12;

// Tags without a name in `Field`: where the picture data are, in strips, tiles or the old style of JPEG.
constexpr std::uint16_t strip_offsets = 273;
constexpr std::uint16_t tile_offsets = 324;
constexpr std::uint16_t jpeg_interchange = 513;

/// A field of the directory that the header needs.
struct Field {
    std::uint16_t tag;
    std::string_view name;
    std::uint16_t type = 0;
    std::uint32_t count = 0; ///< 0: absent
    std::uint64_t value = 0; ///< the offset of the value or of its offset
};

std::uint64_t size_of_number(std::uint16_t type) {
    constexpr std::array<std::uint64_t, 5> sizes{0, 1, 0, 2, 4}; // BYTE, SHORT and LONG
    return type < sizes.size() ? sizes[type] : 0;
}

ColorModel color_of(std::uint32_t photometric) {
    using enum ColorModel;
    constexpr std::array models{grey,  grey,  rgb, palette, grey, cmyk,
                                ycbcr, other, lab, lab,     lab}; // 4 is a mask
    return photometric < models.size() ? models[photometric] : other;
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

    /// Reads the fields that the header needs, in any order, though the specification demands ascending tags.
    [[nodiscard]] result<void> read_entries() {
        if (directory_ < file_header)
            return corrupt("The TIFF's first directory begins inside the file's header");
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
            if (auto kept = keep(at); !kept)
                return kept;
        }
        return {};
    }

    [[nodiscard]] result<void> keep(std::uint64_t entry) {
        const auto tag = u16(entry);
        has_data_ = has_data_ || tag == strip_offsets || tag == tile_offsets || tag == jpeg_interchange;
        for (auto* const field : {&width_, &height_, &bits_, &photometric_, &samples_}) {
            if (field->tag != tag)
                continue;
            if (field->count != 0)
                return corrupt(fmt::format("The TIFF's first directory has {} twice", field->name));
            *field = {tag, field->name, u16(entry + 2), u32(entry + 4), entry + 8};
            if (size_of_number(field->type) == 0 || field->count == 0)
                return corrupt(fmt::format("The TIFF's {} is not a number", field->name));
        }
        return {};
    }

    [[nodiscard]] result<ImageHeader> header_from_entries() {
        if (width_.count == 0 || height_.count == 0)
            return corrupt("The TIFF's first directory has no width or no height");
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
        return ImageHeader{.format = ImageFormat::tiff,
                           .width = *width,
                           .height = *height,
                           .bits_per_sample = *bits,
                           .samples = static_cast<std::uint16_t>(*samples),
                           .color = color};
    }

    std::uint32_t number(std::uint16_t type, std::uint64_t offset) const {
        return type == 1 ? bytes_.u8(offset) : type == 3 ? u16(offset) : u32(offset);
    }

    [[nodiscard]] result<std::uint32_t> one_number(const Field& field, std::uint32_t absent) const {
        if (field.count == 0)
            return absent;
        if (field.count != 1)
            return corrupt(
                fmt::format("The TIFF's {} has {} values instead of one", field.name, field.count));
        return number(field.type, field.value);
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
                return corrupt("The TIFF's BitsPerSample is inside the file's header");
            if (!bytes_.has(offset, all))
                return truncated("TIFF's BitsPerSample", bytes_, offset + all);
        }
        const auto counted = std::min(bits_.count, samples);
        if (!budget_.look(each * counted))
            return out_of_budget("TIFF", "BitsPerSample");
        std::uint32_t most = 0;
        for (std::uint32_t index = 0; index < counted; ++index) {
            const auto bits = number(bits_.type, offset + each * index);
            if (bits == 0 || bits > 64)
                return corrupt(fmt::format("The TIFF has {} bits a sample; 1 to 64 are known", bits));
            most = std::max(most, bits);
        }
        return static_cast<std::uint16_t>(most);
    }

    /// The offset of the next directory; 0 when there is none, or when the file ends before it.
    std::uint64_t next_of(std::uint64_t directory) const {
        const auto link = directory + 2 + entry_size * u16(directory);
        return bytes_.has(link, 4) ? u32(link) : 0;
    }

    /// Follows the chain of directories within the budget, with Brent's algorithm. A chain that leaves the
    /// file is no loop: only the first picture has to be whole.
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
    Field width_{256, "ImageWidth"};
    Field height_{257, "ImageLength"};
    Field bits_{258, "BitsPerSample"};
    Field photometric_{262, "PhotometricInterpretation"};
    Field samples_{277, "SamplesPerPixel"};
    bool has_data_ = false;
};

} // namespace

[[nodiscard]] result<ImageHeader> read_tiff(ByteView bytes) {
    return DirectoryReader{bytes}.read();
}

} // namespace portrait::probing
