#include "readers.hpp"
#include "tiff_encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace portrait::probing {
namespace {

constexpr std::uint64_t file_header = 8;
constexpr std::uint64_t entry_size = 12;

// Tags without a name in `Field`, whose presence alone counts.
constexpr std::uint16_t color_map = 320;
constexpr std::uint16_t sub_directories = 330;
constexpr std::uint16_t jpeg_interchange = 513;
constexpr std::uint16_t dng_version = 50706;

constexpr std::uint32_t palette_photometric = 3; // PhotometricInterpretation
constexpr std::uint32_t color_filter_array = 32803;
constexpr std::uint32_t linear_raw = 34892;

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
        has_data_ =
            has_data_ || tag == strip_offsets_.tag || tag == tile_offsets_.tag || tag == jpeg_interchange;
        has_sub_directories_ = has_sub_directories_ || tag == sub_directories;
        is_dng_ = is_dng_ || tag == dng_version;
        if (tag == color_map)
            palette_numbers_ = u32(entry + 4);
        for (auto* const field :
             {&kind_, &width_, &height_, &bits_, &compression_, &photometric_, &strip_offsets_, &samples_,
              &strip_sizes_, &planes_, &predictor_, &tile_width_, &tile_height_, &tile_offsets_, &tile_sizes_,
              &inks_, &sample_format_, &chroma_}) {
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
        if (auto raw = camera_raw())
            return unsupported_encoding(*raw);
        if (width_.count == 0 || height_.count == 0)
            return corrupt("The TIFF's first directory has no width or no height");
        if (!has_data_)
            return corrupt("The TIFF's first directory has no picture data");
        const auto width = one_number(width_, 0);
        const auto height = one_number(height_, 0);
        for (const auto* value : {&width, &height})
            if (!*value)
                return value->error();
        if (*width == 0 || *height == 0)
            return zero_dimension("TIFF", *width, *height);
        const auto encoding = read_encoding();
        if (!encoding)
            return encoding.error();
        if (const auto found = unsupported_tiff(*encoding))
            return unsupported_encoding(*found);
        if (auto data = check_data(*width, *height); !data)
            return data.error();
        return ImageHeader{.format = ImageFormat::tiff,
                           .width = *width,
                           .height = *height,
                           .bits_per_sample = static_cast<std::uint16_t>(encoding->bits),
                           .samples = static_cast<std::uint16_t>(encoding->samples),
                           .color = color_of(photometric_of(*encoding))};
    }

    /// Names a camera's raw picture: its first directory is a thumbnail, or has the samples of a sensor.
    std::optional<std::string_view> camera_raw() const {
        const auto photometric = first_number(photometric_, 0);
        if (is_dng_)
            return "a camera raw picture (DNG)";
        if (bytes_.matches(file_header, {"CR\2\0", 4}))
            return "a camera raw picture (CR2)";
        if (photometric == color_filter_array || photometric == linear_raw)
            return "a camera raw picture";
        const bool reduced = (first_number(kind_, 0) & 1U) != 0;
        if (reduced && has_sub_directories_)
            return "a camera raw picture, or another whose first page is a thumbnail";
        return std::nullopt;
    }

    [[nodiscard]] result<TiffEncoding> read_encoding() {
        const auto compression = one_number(compression_, 1);
        const auto samples = one_number(samples_, 1);
        const auto photometric = one_number(photometric_, 0);
        const auto planes = one_number(planes_, 1);
        const auto predictor = one_number(predictor_, 1);
        const auto inks = one_number(inks_, 1);
        for (const auto* value : {&compression, &samples, &photometric, &planes, &predictor, &inks})
            if (!*value)
                return value->error();
        TiffEncoding encoding{.compression = *compression,
                              .photometric =
                                  photometric_.count != 0 ? std::optional{*photometric} : std::nullopt,
                              .samples = *samples,
                              .planes = *planes,
                              .predictor = *predictor,
                              .inks = *inks};
        if (auto checked = check_samples(encoding); !checked)
            return checked.error();
        const auto bits = alike_numbers(bits_, encoding.samples, 1, encoding.alike);
        if (!bits)
            return bits.error();
        if (*bits == 0 || *bits > 64)
            return corrupt(fmt::format("The TIFF has {} bits a sample; 1 to 64 are known", *bits));
        const auto format = alike_numbers(sample_format_, encoding.samples, 1, encoding.alike);
        if (!format)
            return format.error();
        encoding.bits = *bits;
        encoding.sample_format = *format;
        if (chroma_.count == 2 && chroma_.type == 3) {
            encoding.chroma_across = u16(chroma_.value);
            encoding.chroma_down = u16(chroma_.value + 2);
        }
        if (encoding.photometric == palette_photometric && encoding.bits <= 16 &&
            palette_numbers_ < std::uint64_t{3} << encoding.bits)
            return corrupt("The TIFF's palette (ColorMap) is missing or too short");
        return encoding;
    }

    [[nodiscard]] static result<void> check_samples(const TiffEncoding& encoding) {
        const auto color = color_of(photometric_of(encoding));
        const auto least =
            color == ColorModel::cmyk                                                            ? 4U
            : color == ColorModel::rgb || color == ColorModel::ycbcr || color == ColorModel::lab ? 3U
                                                                                                 : 1U;
        if (encoding.samples < least || encoding.samples > std::numeric_limits<std::uint16_t>::max())
            return corrupt(fmt::format("The TIFF has {} samples a pixel, which does not fit its colours",
                                       encoding.samples));
        return {};
    }

    /// The lists of strips or tiles have to be whole, though the data that they point to need not be.
    [[nodiscard]] result<void> check_data(std::uint64_t width, std::uint64_t height) {
        for (const auto* const field : {&strip_offsets_, &strip_sizes_, &tile_offsets_, &tile_sizes_}) {
            const auto all = size_of_number(field->type) * field->count;
            if (field->count != 0 && all > 4 && !bytes_.has(u32(field->value), all))
                return truncated(fmt::format("TIFF's {}", field->name), bytes_, u32(field->value) + all);
        }
        if (tile_offsets_.count == 0)
            return {};
        const auto across = one_number(tile_width_, 0);
        const auto down = one_number(tile_height_, 0);
        for (const auto* value : {&across, &down})
            if (!*value)
                return value->error();
        // A small picture may have a tile of a usual size, but not one of another order of magnitude.
        constexpr std::uint64_t usual_pixels = 1024ULL * 1024;
        const auto pixels = std::uint64_t{*across} * *down;
        if (pixels == 0 || pixels > std::max(usual_pixels, 4 * width * height))
            return corrupt(fmt::format("The TIFF has tiles of {} x {} pixels", *across, *down));
        return {};
    }

    std::uint32_t number(std::uint16_t type, std::uint64_t offset) const {
        return type == 1 ? bytes_.u8(offset) : type == 3 ? u16(offset) : u32(offset);
    }

    /// The value of a field that may have more of them; for judgements that need no whole field.
    std::uint32_t first_number(const Field& field, std::uint32_t absent) const {
        return field.count == 1 ? number(field.type, field.value) : absent;
    }

    [[nodiscard]] result<std::uint32_t> one_number(const Field& field, std::uint32_t absent) const {
        if (field.count == 0)
            return absent;
        if (field.count != 1)
            return corrupt(
                fmt::format("The TIFF's {} has {} values instead of one", field.name, field.count));
        return number(field.type, field.value);
    }

    /// The largest of a field's values, one for each sample; old writers give one for all samples.
    [[nodiscard]] result<std::uint32_t> alike_numbers(const Field& field, std::uint32_t samples,
                                                      std::uint32_t absent, bool& alike) {
        if (field.count == 0)
            return absent;
        if (field.count != 1 && field.count < samples)
            return corrupt(fmt::format("The TIFF's {} has fewer values than there are samples", field.name));
        const auto each = size_of_number(field.type);
        const auto all = each * field.count;
        auto offset = field.value;
        if (all > 4) {
            offset = u32(field.value);
            if (offset < file_header)
                return corrupt(fmt::format("The TIFF's {} is inside the file's header", field.name));
            if (!bytes_.has(offset, all))
                return truncated(fmt::format("TIFF's {}", field.name), bytes_, offset + all);
        }
        const auto counted = std::min(field.count, samples);
        if (!budget_.look(each * counted))
            return out_of_budget("TIFF", field.name);
        std::uint32_t most = 0;
        for (std::uint32_t index = 0; index < counted; ++index) {
            const auto value = number(field.type, offset + each * index);
            alike = alike && (index == 0 || value == most);
            most = std::max(most, value);
        }
        return most;
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
    Field kind_{254, "NewSubfileType"};
    Field width_{256, "ImageWidth"};
    Field height_{257, "ImageLength"};
    Field bits_{258, "BitsPerSample"};
    Field compression_{259, "Compression"};
    Field photometric_{262, "PhotometricInterpretation"};
    Field strip_offsets_{273, "StripOffsets"};
    Field samples_{277, "SamplesPerPixel"};
    Field strip_sizes_{279, "StripByteCounts"};
    Field planes_{284, "PlanarConfiguration"};
    Field predictor_{317, "Predictor"};
    Field tile_width_{322, "TileWidth"};
    Field tile_height_{323, "TileLength"};
    Field tile_offsets_{324, "TileOffsets"};
    Field tile_sizes_{325, "TileByteCounts"};
    Field inks_{332, "InkSet"};
    Field sample_format_{339, "SampleFormat"};
    Field chroma_{530, "YCbCrSubSampling"};
    std::uint64_t palette_numbers_ = 0;
    bool has_data_ = false;
    bool has_sub_directories_ = false;
    bool is_dng_ = false;
};

} // namespace

[[nodiscard]] result<ImageHeader> read_tiff(ByteView bytes) {
    return DirectoryReader{bytes}.read();
}

} // namespace portrait::probing
