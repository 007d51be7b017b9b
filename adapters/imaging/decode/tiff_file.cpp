#include "decode/tiff_file.hpp"

#include <vips/vips8>

#include <algorithm>
#include <cstdio>
#include <new>
#include <tuple>
#include <utility>

namespace portrait::imaging {
namespace {

/// The size of the largest single allocation by libtiff, beyond the limits of `RenderSettings`.
constexpr tmsize_t largest_allocation = tmsize_t{512} << 20;
tmsize_t refuse_to_write(thandle_t, void*, tmsize_t) {
    return -1;
}
int close_nothing(thandle_t) {
    return 0;
}
void unmap_nothing(thandle_t, void*, toff_t) {}

/// Keeps libtiff's messages about damaged files off stderr: failures are results.
int ignore_message(TIFF*, void*, const char*, const char*, va_list) {
    return 1;
}

template<class T>
T number_of(TIFF* tiff, std::uint32_t tag, T absent) {
    T value = absent;
    return TIFFGetFieldDefaulted(tiff, tag, &value) == 1 ? value : absent;
}

/// Whether libtiff has to convert the colours: it knows how a strip of reduced chroma is packed.
bool needs_conversion(const TiffLayout& layout, std::uint16_t compression) {
    return compression == COMPRESSION_OJPEG ||
           (layout.photometric == PHOTOMETRIC_YCBCR && (compression != COMPRESSION_JPEG || layout.separate));
}

} // namespace

TiffFile::TiffFile(ImageBytes bytes)
    : bytes_{std::move(bytes)}
    , present_{bytes_.size()} {
    open();
    read_layout();
}

void TiffFile::add_missing_end() {
    std::vector<std::byte> padded(present_ + layout_.unit_bytes());
    std::copy(bytes_.view().begin(), bytes_.view().end(), padded.begin());
    tiff_.reset();
    bytes_ = ImageBytes{std::move(padded)};
    open();
    layout_ = {};
    read_layout();
}

void TiffFile::open() {
    position_ = 0;
    const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options{TIFFOpenOptionsAlloc(),
                                                                                   &TIFFOpenOptionsFree};
    if (!options)
        throw std::bad_alloc{};
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), largest_allocation);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &ignore_message, nullptr);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), &ignore_message, nullptr);
    tiff_.reset(TIFFClientOpenExt("picture", "r", this, &TiffFile::read, &refuse_to_write, &TiffFile::seek,
                                  &close_nothing, &TiffFile::size_of, &TiffFile::map, &unmap_nothing,
                                  options.get()));
    if (!tiff_)
        throw vips::VError{"libtiff can't read the TIFF's first directory"};
}

tmsize_t TiffFile::read(thandle_t handle, void* out, tmsize_t size) {
    auto& file = self(handle);
    const auto bytes = file.bytes_.view().subspan(
        static_cast<std::size_t>(std::min<std::uint64_t>(file.position_, file.bytes_.size())));
    const auto count = std::min(bytes.size(), static_cast<std::size_t>(std::max<tmsize_t>(size, 0)));
    std::copy_n(bytes.begin(), count, static_cast<std::byte*>(out));
    file.position_ += count;
    return static_cast<tmsize_t>(count);
}

toff_t TiffFile::seek(thandle_t handle, toff_t offset, int from) {
    auto& file = self(handle);
    const auto base = from == SEEK_SET ? 0 : from == SEEK_CUR ? file.position_ : file.bytes_.size();
    return file.position_ = base + offset;
}

int TiffFile::map(thandle_t handle, void** base, toff_t* size) {
    const auto& bytes = self(handle).bytes_;
    *base = const_cast<std::byte*>(bytes.data()); // libtiff writes to copies alone
    *size = bytes.size();
    return 1;
}

bool TiffFile::is_cut_off() const {
    // libtiff corrects the sizes of uncompressed strips by the size of the file.
    const bool compressed =
        number_of<std::uint16_t>(tiff_.get(), TIFFTAG_COMPRESSION, COMPRESSION_NONE) != COMPRESSION_NONE;
    const std::uint64_t least = compressed ? 0 : layout_.unit_bytes();
    const auto units = layout_.tiled ? TIFFNumberOfTiles(tiff_.get()) : TIFFNumberOfStrips(tiff_.get());
    for (std::uint32_t unit = 0; unit < units; ++unit) {
        const auto offset = TIFFGetStrileOffset(tiff_.get(), unit);
        const auto size = std::max(TIFFGetStrileByteCount(tiff_.get(), unit), least);
        if (offset > present_ || size > present_ - offset)
            return true;
    }
    return false;
}

void TiffFile::read_layout() {
    auto* const tiff = tiff_.get();
    auto& layout = layout_;
    layout.width = number_of<std::uint32_t>(tiff, TIFFTAG_IMAGEWIDTH, 0);
    layout.height = number_of<std::uint32_t>(tiff, TIFFTAG_IMAGELENGTH, 0);
    layout.separate =
        number_of<std::uint16_t>(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
    layout.tiled = TIFFIsTiled(tiff) != 0;
    read_colors();
    layout.unit_width = layout.tiled ? number_of<std::uint32_t>(tiff, TIFFTAG_TILEWIDTH, 0) : layout.width;
    layout.unit_height =
        layout.tiled
            ? number_of<std::uint32_t>(tiff, TIFFTAG_TILELENGTH, 0)
            : std::min(layout.height, number_of<std::uint32_t>(tiff, TIFFTAG_ROWSPERSTRIP, layout.height));
    constexpr std::uint32_t most = 10'000'000; // a side of libvips' images
    if (layout.width == 0 || layout.height == 0 || layout.unit_width == 0 || layout.unit_height == 0 ||
        layout.width > most || layout.height > most || layout.unit_width > most || layout.unit_height > most)
        throw vips::VError{"The TIFF has no usable size"};
    const auto decoded = layout.tiled ? TIFFTileSize64(tiff) : TIFFStripSize64(tiff);
    if (layout.returned == TiffSamples::stored && decoded != layout.unit_bytes())
        throw vips::VError{"The TIFF's strips or tiles have another size than its fields say"};
}

void TiffFile::read_colors() {
    auto* const tiff = tiff_.get();
    auto& layout = layout_;
    const auto compression = number_of<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    layout.bits = number_of<std::uint16_t>(tiff, TIFFTAG_BITSPERSAMPLE, 1);
    layout.samples = number_of<std::uint16_t>(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    layout.sample_format = number_of<std::uint16_t>(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    layout.orientation = number_of<std::uint16_t>(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT); // a conversion would apply some of them
    layout.is_jpeg = compression == COMPRESSION_JPEG || compression == COMPRESSION_OJPEG;
    const bool is_fax = compression == COMPRESSION_CCITTRLE || compression == COMPRESSION_CCITTRLEW ||
                        compression == COMPRESSION_CCITTFAX3 || compression == COMPRESSION_CCITTFAX4;
    std::uint16_t photometric = is_fax                ? PHOTOMETRIC_MINISWHITE
                                : layout.samples >= 3 ? PHOTOMETRIC_RGB
                                                      : PHOTOMETRIC_MINISBLACK;
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    layout.photometric = photometric;
    if (needs_conversion(layout, compression)) {
        layout.returned = TiffSamples::converted;
    } else if (compression == COMPRESSION_JPEG && photometric == PHOTOMETRIC_YCBCR) {
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        layout.photometric = PHOTOMETRIC_RGB;
    }
    std::uint16_t extra = 0;
    const std::uint16_t* kinds = nullptr;
    layout.has_alpha = layout.returned == TiffSamples::stored && layout.samples > layout.colors();
    if (TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &extra, &kinds) == 1 && extra > 0)
        layout.is_premultiplied = layout.has_alpha && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
    if (layout.sample_format == SAMPLEFORMAT_IEEEFP) {
        layout.least = number_of<double>(tiff, TIFFTAG_SMINSAMPLEVALUE, 0);
        layout.most = number_of<double>(tiff, TIFFTAG_SMAXSAMPLEVALUE, 1);
        if (!(layout.most > layout.least))
            std::tie(layout.least, layout.most) = std::pair{0.0, 1.0};
    }
    if (photometric == PHOTOMETRIC_PALETTE)
        read_palette();
    std::uint32_t size = 0;
    const void* profile = nullptr;
    if (TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &size, &profile) == 1)
        layout.profile = {static_cast<const std::byte*>(profile), size};
}

void TiffFile::read_palette() {
    const std::uint16_t* red = nullptr;
    const std::uint16_t* green = nullptr;
    const std::uint16_t* blue = nullptr;
    if (layout_.bits > 8 || TIFFGetField(tiff_.get(), TIFFTAG_COLORMAP, &red, &green, &blue) != 1)
        throw vips::VError{"The TIFF has no palette"};
    const auto count = std::size_t{1} << layout_.bits;
    const auto is_small = [count](const std::uint16_t* values) {
        return std::all_of(values, values + count, [](std::uint16_t value) { return value < 256; });
    };
    const unsigned shift =
        is_small(red) && is_small(green) && is_small(blue) ? 0 : 8; // 8 bits by old writers
    for (std::size_t index = 0; index < count; ++index)
        for (const auto* const values : {red, green, blue})
            layout_.palette.push_back(static_cast<std::uint8_t>(values[index] >> shift));
}

std::uint32_t TiffFile::unit_at(std::uint32_t left, std::uint32_t top, std::uint16_t plane) const {
    return layout_.tiled ? TIFFComputeTile(tiff_.get(), left, top, 0, plane)
                         : TIFFComputeStrip(tiff_.get(), top, plane);
}

bool TiffFile::lacks(std::uint32_t left, std::uint32_t top, std::uint16_t plane) const {
    const auto unit = unit_at(left, top, plane);
    return TIFFGetStrileByteCount(tiff_.get(), unit) == 0 ||
           TIFFGetStrileOffset(tiff_.get(), unit) >= present_;
}

bool TiffFile::decode(std::uint32_t left, std::uint32_t top, std::uint16_t plane, std::span<std::byte> out) {
    std::fill(out.begin(), out.end(), std::byte{0});
    if (layout_.returned == TiffSamples::converted)
        return decode_converted(left, top, out);
    const auto unit = unit_at(left, top, plane);
    const auto size = static_cast<tmsize_t>(out.size());
    return (layout_.tiled ? TIFFReadEncodedTile(tiff_.get(), unit, out.data(), size)
                          : TIFFReadEncodedStrip(tiff_.get(), unit, out.data(), size)) >= 0;
}

bool TiffFile::decode_converted(std::uint32_t left, std::uint32_t top, std::span<std::byte> out) {
    constexpr int go_on_after_errors = 0;
    auto* const raster = reinterpret_cast<std::uint32_t*>(out.data());
    const bool read = layout_.tiled
                          ? TIFFReadRGBATileExt(tiff_.get(), left, top, raster, go_on_after_errors) == 1
                          : TIFFReadRGBAStripExt(tiff_.get(), top, raster, go_on_after_errors) == 1;
    const auto row = layout_.row_bytes();
    // Rows come from bottom to top; the last strip has only the rows that the picture has.
    const auto rows =
        layout_.tiled ? layout_.unit_height : std::min(layout_.unit_height, layout_.height - top);
    for (std::size_t above = 0, below = rows - 1; above < below; ++above, --below)
        std::swap_ranges(out.begin() + static_cast<std::ptrdiff_t>(above * row),
                         out.begin() + static_cast<std::ptrdiff_t>((above + 1) * row),
                         out.begin() + static_cast<std::ptrdiff_t>(below * row));
    return read;
}

} // namespace portrait::imaging
