#include <portrait/probe.hpp>

#include "probe/readers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace portrait {
namespace probing {

Error corrupt(std::string message) {
    return Error{errc::image_corrupt, std::move(message)};
}

Error truncated(std::string_view part, ByteView bytes, std::uint64_t needed) {
    return Error{errc::image_truncated,
                 fmt::format("The {} is cut off: {} bytes are here, at least {} are needed", part,
                             bytes.size(), needed)}
        .with_limit(bytes.size(), needed);
}

Error zero_dimension(std::string_view format, std::uint64_t width, std::uint64_t height) {
    return Error{errc::image_zero_dimension,
                 fmt::format("The {} has {} x {} pixels; at least 1 x 1 is needed", format, width, height)};
}

Error unsupported(std::string_view found) {
    return Error{errc::image_unsupported_format,
                 fmt::format("The bytes are {}; PNG, JPEG, GIF and TIFF are accepted", found)};
}

Error unsupported_encoding(std::string_view found) {
    return Error{errc::image_unsupported_encoding,
                 fmt::format("The picture is {}, which can't be shown; save it as PNG or JPEG", found)};
}

Error out_of_budget(std::string_view format, std::string_view sought) {
    return corrupt(fmt::format("The {}'s {} is not found within the first {} segments or {} bytes looked at",
                               format, sought, probe_step_budget, probe_byte_budget));
}

namespace {

bool is_cut_off_signature(ByteView bytes) {
    constexpr std::array signatures{png_signature,         jpeg_signature,          gif87_signature,
                                    gif89_signature,       tiff_big_signature,      bigtiff_big_signature,
                                    tiff_little_signature, bigtiff_little_signature};
    return std::any_of(signatures.begin(), signatures.end(), [&](std::string_view signature) {
        return bytes.size() < signature.size() && bytes.begins_to_match(0, signature);
    });
}

Error no_picture(ByteView bytes) {
    if (is_cut_off_signature(bytes))
        return truncated("picture's signature", bytes, bytes.size() + 1);
    if (const auto name = other_format(bytes))
        return unsupported(*name);
    return Error{errc::image_unknown_format};
}

} // namespace
} // namespace probing

[[nodiscard]] result<ImageHeader> probe(std::span<const std::byte> content) {
    using namespace probing;
    if (content.empty())
        return Error{errc::image_empty};
    const ByteView bytes{content};
    if (bytes.matches(0, jpeg_signature))
        return read_jpeg(bytes);
    if (bytes.matches(0, png_signature.substr(0, 4))) // the other four bytes reveal damage
        return read_png(bytes);
    if (bytes.matches(0, gif87_signature) || bytes.matches(0, gif89_signature))
        return read_gif(bytes);
    if (bytes.matches(0, tiff_little_signature) || bytes.matches(0, tiff_big_signature))
        return read_tiff(bytes);
    if (bytes.matches(0, bigtiff_little_signature) || bytes.matches(0, bigtiff_big_signature))
        return unsupported("a BigTIFF picture");
    return no_picture(bytes);
}

} // namespace portrait
