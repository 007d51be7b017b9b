#include "readers.hpp"

#include <algorithm>
#include <array>

namespace portrait::probing {
namespace {

/// In the order of `ConvertibleFormat`.
constexpr std::array<std::string_view, 3> convertible_pictures{"a WebP picture", "a HEIC picture",
                                                               "an AVIF picture"};
constexpr std::uint64_t text_read = 16ULL * 1024;

bool is_one_of(std::string_view brand, std::initializer_list<std::string_view> brands) {
    return std::find(brands.begin(), brands.end(), brand) != brands.end();
}

/// Files of the ISO base media family name their format in the brands of their first box (ISO/IEC
/// 14496-12, 4.3).
std::optional<ConvertibleFormat> media_file(ByteView bytes) noexcept {
    if (!bytes.has(0, 16) || !bytes.matches(4, "ftyp"))
        return std::nullopt;
    const std::uint64_t box = std::min<std::uint64_t>(bytes.be32(0), 256);
    bool heif = false;
    for (std::uint64_t at = 8; at + 4 <= box && bytes.has(at, 4); at += at == 8 ? 8 : 4) {
        const auto brand = bytes.text(at, 4);
        if (is_one_of(brand, {"avif", "avis"}))
            return ConvertibleFormat::avif;
        heif = heif || is_one_of(brand, {"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs",
                                         "mif1", "msf1"});
    }
    return heif ? std::optional{ConvertibleFormat::heic} : std::nullopt;
}

/// Many texts begin with "BM", so the fields behind it have to be plausible, too.
bool is_bitmap(ByteView bytes) {
    if (!bytes.matches(0, "BM") || !bytes.has(0, 26))
        return false;
    const auto data = bytes.le32(10);
    const auto header = bytes.le32(14);
    constexpr std::array<std::uint32_t, 8> header_sizes{12, 16, 40, 52, 56, 64, 108, 124};
    if (std::find(header_sizes.begin(), header_sizes.end(), header) == header_sizes.end() ||
        data < 14 + header)
        return false;
    const auto planes = header == 12 ? 22U : 26U;
    return bytes.has(planes, 2) && bytes.le16(planes) == 1;
}

/// The signature is weak (0, 0, 1, 0), so the first entry of the directory has to be plausible, too.
bool is_icon(ByteView bytes) {
    if (!bytes.has(0, 22) || bytes.le16(0) != 0 || (bytes.le16(2) != 1 && bytes.le16(2) != 2))
        return false;
    const std::uint64_t count = bytes.le16(4);
    const std::uint64_t size = bytes.le32(14);
    const std::uint64_t offset = bytes.le32(18);
    return count > 0 && bytes.u8(9) == 0 && size > 0 && offset >= 6 + 16 * count && bytes.has(offset, size);
}

void skip_space(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

bool skip_past(std::string_view& text, std::string_view end) {
    const auto found = text.find(end);
    if (found == std::string_view::npos)
        return false;
    text.remove_prefix(found + end.size());
    return true;
}

std::string_view take_name(std::string_view& text) {
    const auto name = text.substr(0, text.find_first_of(" \t\r\n/>["));
    text.remove_prefix(name.size());
    return name;
}

/// Skips the prolog of an XML document and judges its root element.
bool is_svg(std::string_view text) {
    for (;;) {
        skip_space(text);
        if (text.starts_with("<?") || text.starts_with("<!--")) {
            if (!skip_past(text, text[1] == '?' ? "?>" : "-->"))
                return false;
        } else if (text.starts_with("<!DOCTYPE")) {
            text.remove_prefix(9);
            skip_space(text);
            return take_name(text) == "svg";
        } else if (text.starts_with('<')) {
            text.remove_prefix(1);
            const auto name = take_name(text);
            return name == "svg" || name.ends_with(":svg");
        } else {
            return false;
        }
    }
}

} // namespace

std::optional<ConvertibleFormat> convertible_format(ByteView bytes) noexcept {
    if (bytes.matches(0, "RIFF") && bytes.matches(8, "WEBP"))
        return ConvertibleFormat::webp;
    return media_file(bytes);
}

std::optional<std::string_view> other_format(ByteView bytes) {
    using namespace std::string_view_literals;
    if (const auto format = convertible_format(bytes))
        return convertible_pictures.at(static_cast<std::size_t>(*format));
    if (is_bitmap(bytes))
        return "a BMP picture";
    if (is_icon(bytes))
        return bytes.le16(2) == 1 ? "an ICO icon" : "a CUR mouse pointer";
    if (bytes.matches(0, "\0\0\0\x0cJXL \r\n\x87\n"sv))
        return "a JPEG XL picture";
    if (bytes.matches(0, "\0\0\0\x0cjP  \r\n\x87\n"sv) || bytes.matches(0, "\xff\x4f\xff\x51"sv))
        return "a JPEG 2000 picture";
    if (bytes.matches(0, "8BPS\0\1"sv))
        return "a Photoshop file";
    auto text = bytes.text(0, std::min(bytes.size(), text_read));
    if (text.starts_with("\xef\xbb\xbf"))
        text.remove_prefix(3);
    skip_space(text);
    if (text.starts_with("%PDF-"))
        return "a PDF document";
    if (is_svg(text))
        return "an SVG drawing";
    return std::nullopt;
}

} // namespace portrait::probing

std::optional<portrait::ConvertibleFormat>
portrait::convertible_format(std::span<const std::byte> bytes) noexcept {
    return probing::convertible_format(probing::ByteView{bytes});
}
