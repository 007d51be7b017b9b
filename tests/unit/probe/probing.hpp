#pragma once

#include <portrait/probe.hpp>

#include "support/byte_writer.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace portrait {

inline std::ostream& operator<<(std::ostream& out, const ImageHeader& header) {
    return out << media_type(header.format) << ' ' << header.width << 'x' << header.height << ' '
               << header.bits_per_sample << " bits, " << header.samples << " samples, colour "
               << static_cast<int>(header.color) << (header.progressive ? ", progressive" : "")
               << (header.animated ? ", animated" : "");
}

namespace testing {

using Bytes = std::vector<std::byte>;

/// The header of the bytes; fails the test when `probe` refuses them.
inline ImageHeader accepted(const Bytes& bytes) {
    const auto header = probe(bytes);
    INFO((header ? std::string{} : header.error().message()));
    REQUIRE(header);
    return *header;
}

/// A picture that `probe` has to refuse, with the rule and words of the message.
struct Refusal {
    std::string_view what;
    Bytes bytes;
    errc code;
    std::string_view words = {};
};

inline void check_refused(const Refusal& refusal) {
    INFO(refusal.what);
    const auto header = probe(refusal.bytes);
    REQUIRE_FALSE(header);
    CHECK(header.error().rule() == Error{refusal.code}.rule());
    CHECK_THAT(header.error().message(), Catch::Matchers::Contains(std::string{refusal.words}));
}

/// Checks that every shorter beginning of `head` is truncated, with the number of bytes that are needed.
inline void check_all_truncations(const Bytes& head) {
    for (std::size_t size = 1; size < head.size(); ++size) {
        INFO("cut off after " << size << " bytes");
        const auto header = probe(std::span{head}.first(size));
        REQUIRE_FALSE(header);
        REQUIRE(header.error().rule() == "image.truncated");
        REQUIRE(header.error().observed() == size);
        REQUIRE(header.error().limit().value_or(0) > size);
        REQUIRE(header.error().limit().value_or(0) <= head.size());
    }
}

} // namespace testing
} // namespace portrait
