#pragma once

#include <portrait/image_bytes.hpp>

#include <tiffio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace portrait::imaging {

/// How libtiff returns a strip or tile.
enum class TiffSamples : std::uint8_t {
    stored,    ///< as the file has them, without compression
    converted, ///< as 8-bit red, green, blue and alpha, which libtiff makes of YCbCr and of old-style JPEG
};

/// The fields of the first directory that decoding needs.
struct TiffLayout {
    std::uint32_t width = 0;  ///< pixels
    std::uint32_t height = 0; ///< pixels
    std::uint16_t bits = 1;   ///< a sample
    std::uint16_t samples = 1;
    std::uint16_t sample_format = SAMPLEFORMAT_UINT;
    std::uint16_t photometric = PHOTOMETRIC_MINISBLACK;
    bool has_alpha = false;
    bool is_premultiplied = false;
    bool separate = false; ///< each sample in strips or tiles of its own
    bool tiled = false;
    bool is_jpeg = false;          ///< in the strips or tiles
    std::uint32_t unit_width = 0;  ///< of a strip or tile
    std::uint32_t unit_height = 0; ///< of a strip or tile
    TiffSamples returned = TiffSamples::stored;
    double least = 0; ///< the floating-point sample shown as black
    double most = 1;  ///< the one shown as white
    std::uint16_t orientation = 1;
    std::span<const std::byte> profile; ///< ICC; owned by the file
    std::vector<std::uint8_t> palette;  ///< red, green and blue of each index

    std::uint16_t planes() const noexcept {
        return separate && returned == TiffSamples::stored ? samples : std::uint16_t{1};
    }
    std::uint16_t samples_a_plane() const noexcept { return separate ? std::uint16_t{1} : samples; }
    /// Of a row of a strip or tile as libtiff returns it.
    std::size_t row_bytes() const noexcept {
        if (returned == TiffSamples::converted)
            return std::size_t{4} * unit_width;
        return (std::size_t{unit_width} * samples_a_plane() * bits + 7) / 8;
    }
    std::size_t unit_bytes() const noexcept { return row_bytes() * unit_height; }
    /// Of samples that mean colours; the first one behind them is the alpha.
    std::uint16_t colors() const noexcept {
        switch (photometric) {
        case PHOTOMETRIC_MINISWHITE:
        case PHOTOMETRIC_MINISBLACK:
        case PHOTOMETRIC_PALETTE: return 1;
        case PHOTOMETRIC_SEPARATED: return 4;
        default: return 3;
        }
    }
};

/// A TIFF in memory, opened by libtiff. Not thread-safe.
class TiffFile {
public:
    TiffFile(const TiffFile&) = delete;
    TiffFile& operator=(const TiffFile&) = delete;
    ~TiffFile() = default;

    /// Throws `vips::VError` if libtiff can't read the first directory.
    explicit TiffFile(ImageBytes bytes);

    const TiffLayout& layout() const noexcept { return layout_; }

    std::size_t size() const noexcept { return bytes_.size(); }

    /// Whether the data of some strips or tiles lie behind the file's end.
    bool is_cut_off() const;
    /// Continues with a copy of the file and as many zeros behind its end as a strip or tile has bytes, so
    /// that one that is cut off is decoded as far as it goes.
    void add_missing_end();

    /// Decodes the strip or tile with that pixel, of one plane, into `unit_bytes()` bytes; rows from top to
    /// bottom. False if that fails; then the rows before the damage may be there, and all others are zero.
    bool decode(std::uint32_t left, std::uint32_t top, std::uint16_t plane, std::span<std::byte> out);

    /// Whether the file has no data of the strip or tile.
    bool lacks(std::uint32_t left, std::uint32_t top, std::uint16_t plane) const;

private:
    struct Closing {
        void operator()(TIFF* tiff) const noexcept { TIFFClose(tiff); }
    };

    void read_layout();
    void read_colors();
    void read_palette();
    std::uint32_t unit_at(std::uint32_t left, std::uint32_t top, std::uint16_t plane) const;
    bool decode_converted(std::uint32_t left, std::uint32_t top, std::span<std::byte> out);

    void open();

    static TiffFile& self(thandle_t handle) { return *static_cast<TiffFile*>(handle); }
    static tmsize_t read(thandle_t handle, void* out, tmsize_t size);
    static toff_t seek(thandle_t handle, toff_t offset, int from);
    static int map(thandle_t handle, void** base, toff_t* size);
    static toff_t size_of(thandle_t handle) { return self(handle).bytes_.size(); }

    ImageBytes bytes_;
    std::size_t present_;        ///< the bytes before the zeros
    std::uint64_t position_ = 0; ///< libtiff's, in the file
    TiffLayout layout_;
    std::unique_ptr<TIFF, Closing> tiff_;
};

} // namespace portrait::imaging
