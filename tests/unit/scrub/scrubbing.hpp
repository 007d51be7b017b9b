#pragma once

#include <portrait/probe.hpp>
#include <portrait/scrub.hpp>

#include "support/byte_writer.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace portrait {

inline std::ostream& operator<<(std::ostream& out, const RemovedMetadata& removed) {
    return out << removed.parts << ' ' << name_of(removed.kind) << " of " << removed.bytes << " bytes";
}

namespace testing {

using Bytes = std::vector<std::byte>;
using Removed = std::vector<RemovedMetadata>;

/// The scrubbed bytes; fails the test when `scrub` refuses them, when the head differs afterwards, or when a
/// second scrub removes more.
inline Scrubbed scrubbed(const Bytes& bytes) {
    const auto once = scrub(ImageBytes{bytes});
    INFO((once ? std::string{} : once.error().message()));
    REQUIRE(once.has_value());
    CHECK(probe(once->bytes).value() == probe(bytes).value());
    const auto twice = scrub(once->bytes);
    REQUIRE(twice.has_value());
    CHECK(twice->receipt.removed == Removed{});
    CHECK(twice->receipt.orientation == once->receipt.orientation);
    CHECK(twice->bytes.data() == once->bytes.data());
    return *once;
}

inline Bytes joined(std::initializer_list<Bytes> parts) {
    ByteWriter out;
    for (const auto& part : parts)
        out.bytes(part);
    return out.take();
}

inline Bytes bytes_of(std::string_view text) {
    return ByteWriter{}.text(text).take();
}

inline Bytes copy_of(const ImageBytes& bytes) {
    return {bytes.view().begin(), bytes.view().end()};
}

/// An EXIF block with a camera's name and, unless it is 0, an orientation.
inline Bytes make_exif(std::uint16_t orientation, bool little_endian = false) {
    ByteWriter out;
    const auto u16 = [&](std::uint32_t value) { little_endian ? out.le16(value) : out.be16(value); };
    const auto u32 = [&](std::uint32_t value) { little_endian ? out.le32(value) : out.be32(value); };
    out.text(little_endian ? "II" : "MM");
    u16(42);
    u32(8);
    u16(orientation == 0 ? 1 : 2);
    u16(0x0110); // Model
    u16(2);
    u32(4);
    out.text({"Cam\0", 4});
    if (orientation != 0) {
        u16(0x0112);
        u16(3);
        u32(1);
        u16(orientation);
        u16(0);
    }
    u32(0);
    return out.take();
}

/// The frame of an ICC profile, of 140 bytes.
inline std::string make_profile() {
    std::string profile(140, '\0');
    profile[3] = static_cast<char>(140);
    return profile.replace(36, 4, "acsp");
}

/// The block that stays after a scrub.
inline Bytes make_orientation(std::uint8_t orientation) {
    ByteWriter out;
    out.text("MM").be16(42).be32(8).be16(1);
    return out.be16(0x0112).be16(3).be32(1).be16(orientation).be16(0).be32(0).take();
}

} // namespace testing
} // namespace portrait
