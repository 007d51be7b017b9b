#include "decode/tiff_picture.hpp"

#include "decode/tiff_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace portrait::imaging {
namespace {

/// The value of a half-precision number of IEEE 754.
double half(std::uint16_t bits) {
    constexpr int mantissa_bits = 10;
    constexpr int infinite = 31;
    const int exponent = bits >> mantissa_bits & 31;
    const double mantissa = bits & 1023;
    const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
    if (exponent == 0)
        return sign * std::ldexp(mantissa, -24);
    if (exponent == infinite)
        return mantissa != 0 ? 0.0 : sign * 65536.0;
    return sign * std::ldexp(mantissa + 1024, exponent - 25);
}

template<class T>
T number_at(const std::byte* row, std::size_t index) {
    T value;
    std::memcpy(&value, row + index * sizeof(T), sizeof(T));
    return value;
}

/// The unsigned number of some bits, packed from the highest bit of a byte on.
std::uint32_t packed_number(const std::byte* row, std::size_t index, unsigned bits) {
    std::uint32_t value = 0;
    for (auto at = index * bits; at < (index + 1) * bits;) {
        const auto in_byte = static_cast<unsigned>(at % 8);
        const auto taken = std::min<unsigned>(8 - in_byte, static_cast<unsigned>((index + 1) * bits - at));
        const auto byte = std::to_integer<std::uint32_t>(row[at / 8]);
        value = value << taken | (byte >> (8 - in_byte - taken) & ((1U << taken) - 1));
        at += taken;
    }
    return value;
}

/// Samples of a row as 0 to 1.
class SampleReader {
public:
    explicit SampleReader(const TiffLayout& layout)
        : bits_{layout.bits}
        , floats_{layout.sample_format == SAMPLEFORMAT_IEEEFP}
        , least_{layout.least}
        , range_{layout.most - layout.least} {}

    double operator()(const std::byte* row, std::size_t index) const {
        return floats_ ? shown(floating(row, index)) : whole(row, index);
    }

private:
    double whole(const std::byte* row, std::size_t index) const {
        switch (bits_) {
        case 8: return number_at<std::uint8_t>(row, index) / 255.0;
        case 16: return number_at<std::uint16_t>(row, index) / 65535.0;
        case 24: { // in the host's byte order
            const auto* const bytes = reinterpret_cast<const std::uint8_t*>(row) + index * 3;
            const auto high = std::endian::native == std::endian::little ? bytes[2] : bytes[0];
            return (high * 256.0 + bytes[1]) / 65535.0;
        }
        case 32: return number_at<std::uint32_t>(row, index) / 4294967295.0;
        case 64: return static_cast<double>(number_at<std::uint64_t>(row, index)) / 18446744073709551615.0;
        default: return packed_number(row, index, bits_) / static_cast<double>((1U << bits_) - 1);
        }
    }

    double floating(const std::byte* row, std::size_t index) const {
        switch (bits_) {
        case 16: return half(number_at<std::uint16_t>(row, index));
        case 32: return number_at<float>(row, index);
        default: return number_at<double>(row, index);
        }
    }

    double shown(double value) const {
        const auto scaled = (value - least_) / range_;
        return scaled > 0 ? std::min(scaled, 1.0) : 0.0; // not a number is 0
    }

    unsigned bits_;
    bool floats_;
    double least_;
    double range_;
};

/// Lab of TIFF as libvips has it: L from 0 to 100, a and b from -128 to 127.
float lab_of(double sample, unsigned band, const TiffLayout& layout) {
    constexpr double icc_white = 65280.0 / 65535.0; // of 16 bits
    const bool icc = layout.photometric == PHOTOMETRIC_ICCLAB;
    if (band == 0)
        return static_cast<float>(icc && layout.bits == 16 ? sample / icc_white * 100 : sample * 100);
    if (layout.bits == 8)
        return static_cast<float>(icc ? sample * 255 - 128
                                      : static_cast<std::int8_t>(std::lround(sample * 255)));
    const auto stored = static_cast<std::uint16_t>(std::lround(sample * 65535));
    return icc ? static_cast<float>(stored) / 256.0F - 128.0F
               : static_cast<float>(static_cast<std::int16_t>(stored)) / 256.0F;
}

/// Rows of a TIFF, for libvips: decodes one row of strips or tiles at a time, and keeps the last one.
class TiffRows {
public:
    explicit TiffRows(const ImageBytes& bytes)
        : file_{bytes}
        , reader_{layout()}
        , is_cut_off_{file_.is_cut_off()} {}

    const TiffLayout& layout() const { return file_.layout(); }

    bool is_lab() const {
        return layout().photometric == PHOTOMETRIC_CIELAB || layout().photometric == PHOTOMETRIC_ICCLAB;
    }
    bool is_wide() const { return layout().bits > 8; }
    VipsBandFormat format() const {
        return is_lab() ? VIPS_FORMAT_FLOAT : is_wide() ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR;
    }
    unsigned colors() const { return layout().photometric == PHOTOMETRIC_PALETTE ? 3 : layout().colors(); }
    unsigned bands() const { return colors() + (layout().has_alpha ? 1 : 0); }
    VipsInterpretation interpretation() const {
        if (is_lab())
            return VIPS_INTERPRETATION_LAB;
        switch (colors()) {
        case 1: return is_wide() ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
        case 4: return VIPS_INTERPRETATION_CMYK;
        default: return is_wide() ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
        }
    }

    /// The memory beside the decoded rows.
    std::uint64_t buffer_bytes() const {
        constexpr std::uint64_t coefficient_bytes = 2;
        const std::uint64_t unit = layout().unit_bytes();
        const auto samples = std::uint64_t{layout().unit_width} * layout().unit_height * layout().samples;
        return (is_decoded_in_place() ? 0 : unit) +
               (layout().returned == TiffSamples::converted ? samples : 0) +
               (layout().is_jpeg ? coefficient_bytes * samples : 0) + (is_cut_off_ ? file_.size() + unit : 0);
    }

    static int generate(VipsRegion* region, void*, void* rows, void*, gboolean*) {
        try {
            return static_cast<TiffRows*>(rows)->copy(region) ? 0 : -1;
        } catch (const std::bad_alloc&) {
            vips_error("portrait", "out of memory");
        } catch (const vips::VError& error) {
            vips_error("portrait", "%s", error.what());
        }
        return -1;
    }

private:
    std::size_t pixel_bytes() const { return bands() * vips_format_sizeof(format()); }
    std::size_t row_bytes() const { return layout().width * pixel_bytes(); }

    bool copy(VipsRegion* region) {
        const std::scoped_lock lock{mutex_};
        const auto& area = region->valid;
        for (int row = area.top; row < area.top + area.height; ++row) {
            const auto at = static_cast<std::uint32_t>(row);
            const auto top = at - at % layout().unit_height;
            if (top_ != top && !decode(top)) {
                vips_error("portrait", "The first pixels of the TIFF can't be decoded");
                return false;
            }
            std::memcpy(VIPS_REGION_ADDR(region, area.left, row),
                        decoded_.data() + (at - top) * row_bytes() +
                            static_cast<std::size_t>(area.left) * pixel_bytes(),
                        static_cast<std::size_t>(area.width) * pixel_bytes());
        }
        return true;
    }

    /// Decodes the strips or tiles of these rows. False for the first one if nothing of it can be decoded.
    bool decode(std::uint32_t top) {
        top_.reset();
        if (std::exchange(is_cut_off_, false))
            file_.add_missing_end();
        decoded_.resize(row_bytes() * std::min(layout().unit_height, layout().height));
        if (is_decoded_in_place()) {
            if (!decode_unit(0, top, 0, decoded_))
                return false;
        } else {
            unit_.resize(layout().unit_bytes());
            for (std::uint16_t plane = 0; plane < std::min<unsigned>(layout().planes(), stored_bands());
                 ++plane)
                for (std::uint32_t left = 0; left < layout().width; left += layout().unit_width) {
                    if (!decode_unit(left, top, plane, unit_))
                        return false;
                    convert(left, top, plane);
                }
        }
        top_ = top;
        return true;
    }

    bool decode_unit(std::uint32_t left, std::uint32_t top, std::uint16_t plane, std::span<std::byte> out) {
        const bool is_first = left == 0 && top == 0 && plane == 0;
        return file_.decode(left, top, plane, out) || !is_first || file_.lacks(left, top, plane) ||
               std::any_of(out.begin(), out.end(), [](std::byte byte) { return byte != std::byte{0}; });
    }

    bool is_decoded_in_place() const { return !layout().tiled && is_stored_as_shown(); }

    void convert(std::uint32_t left, std::uint32_t top, std::uint16_t plane) {
        const auto rows = std::min(layout().unit_height, layout().height - top);
        for (std::uint32_t row = 0; row < rows; ++row)
            convert_row(row, left, plane);
    }

    /// The bands as the file has them: an index instead of the palette's three.
    unsigned stored_bands() const { return layout().colors() + (layout().has_alpha ? 1U : 0U); }

    void convert_row(std::uint32_t row, std::uint32_t left, std::uint16_t plane) {
        const auto* const from = unit_.data() + row * layout().row_bytes();
        auto* const to = decoded_.data() + row * row_bytes() + left * pixel_bytes();
        const std::size_t pixels = std::min(layout().unit_width, layout().width - left);
        if (layout().returned == TiffSamples::converted) {
            constexpr std::size_t rgba = 4;
            for (std::size_t pixel = 0; pixel < pixels; ++pixel)
                std::memcpy(to + pixel * bands(), from + pixel * rgba, bands());
        } else if (is_stored_as_shown()) {
            std::memcpy(to, from, pixels * pixel_bytes());
        } else {
            const auto samples = std::size_t{layout().samples_a_plane()};
            const auto count = layout().separate ? 1U : stored_bands();
            for (std::size_t pixel = 0; pixel < pixels; ++pixel)
                for (unsigned sample = 0; sample < count; ++sample)
                    put(to + pixel * pixel_bytes(), plane + sample, from, pixel * samples + sample);
        }
    }

    bool is_stored_as_shown() const {
        return layout().returned == TiffSamples::stored && !layout().separate &&
               layout().samples == bands() && (layout().bits == 8 || layout().bits == 16) &&
               layout().sample_format != SAMPLEFORMAT_IEEEFP && !is_lab() &&
               layout().photometric != PHOTOMETRIC_PALETTE;
    }

    /// Puts a sample into a pixel.
    void put(std::byte* pixel, unsigned band, const std::byte* row, std::size_t index) const {
        if (layout().photometric == PHOTOMETRIC_PALETTE) {
            if (band == 0)
                std::memcpy(
                    pixel,
                    layout().palette.data() + std::size_t{3} * packed_number(row, index, layout().bits), 3);
            else
                put_number(pixel, 3, reader_(row, index));
            return;
        }
        put_number(pixel, band, reader_(row, index));
    }

    void put_number(std::byte* pixel, unsigned band, double sample) const {
        if (is_lab()) {
            const auto value = band < 3 ? lab_of(sample, band, layout()) : static_cast<float>(sample * 255);
            std::memcpy(pixel + band * sizeof value, &value, sizeof value);
        } else if (is_wide()) {
            const auto value = static_cast<std::uint16_t>(std::lround(sample * 65535));
            std::memcpy(pixel + band * sizeof value, &value, sizeof value);
        } else {
            pixel[band] = static_cast<std::byte>(std::lround(sample * 255));
        }
    }

    std::mutex mutex_; ///< of everything below: libvips may have several threads
    TiffFile file_;
    SampleReader reader_;
    bool is_cut_off_;                  ///< and its end not added
    std::optional<std::uint32_t> top_; ///< of the rows in `decoded_`
    std::vector<std::byte> decoded_;
    std::vector<std::byte> unit_;
};

/// Undoes an alpha that the samples were multiplied with, and a scale on which white is zero.
vips::VImage with_plain_colors(vips::VImage image, const TiffLayout& layout) {
    const auto format = image.format();
    const double most = format == VIPS_FORMAT_USHORT ? 65535 : 255;
    if (layout.is_premultiplied)
        image = image.unpremultiply(vips::VImage::option()->set("max_alpha", most)).cast(format);
    if (layout.photometric == PHOTOMETRIC_MINISWHITE) {
        const auto grey = image[0].linear(-1, most).cast(format);
        image = (image.bands() == 1 ? grey : grey.bandjoin(image[1]))
                    .copy(vips::VImage::option()->set("interpretation", image.interpretation()));
    }
    return image;
}

} // namespace

TiffPicture open_tiff(const ImageBytes& bytes) {
    auto rows = std::make_unique<TiffRows>(bytes);
    const auto& layout = rows->layout();
    const auto buffer_bytes = rows->buffer_bytes();
    vips::VImage image{vips_image_new()};
    auto* const to = image.get_image();
    vips_image_init_fields(to, static_cast<int>(layout.width), static_cast<int>(layout.height),
                           static_cast<int>(rows->bands()), rows->format(), VIPS_CODING_NONE,
                           rows->interpretation(), 1.0, 1.0);
    if (!layout.profile.empty())
        vips_image_set_blob_copy(to, VIPS_META_ICC_NAME, layout.profile.data(), layout.profile.size());
    vips_image_set_int(to, VIPS_META_ORIENTATION, layout.orientation);
    // Makes libvips keep reduced rows, which it would otherwise compute again for each row of the rendition.
    vips_image_set_int(to, VIPS_META_SEQUENTIAL, 1);
    auto* const owned = rows.release();
    g_object_set_data_full(G_OBJECT(to), "rows", owned,
                           [](gpointer gone) { delete static_cast<TiffRows*>(gone); });
    if (vips_image_pipelinev(to, VIPS_DEMAND_STYLE_THINSTRIP, nullptr) != 0 ||
        vips_image_generate(to, nullptr, &TiffRows::generate, nullptr, owned, nullptr) != 0)
        throw vips::VError{};
    return {.image = with_plain_colors(image, layout), .buffer_bytes = buffer_bytes};
}

} // namespace portrait::imaging
