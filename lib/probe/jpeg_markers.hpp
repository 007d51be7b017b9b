#pragma once

#include <cstdint>

namespace portrait::probing {

/// Markers of ITU-T T.81, table B.1.
enum JpegMarker : std::uint8_t {
    tem = 0x01,
    sof0 = 0xc0,
    sof2 = 0xc2,
    dht = 0xc4,
    jpg = 0xc8,
    sof10 = 0xca,
    dac = 0xcc,
    sof15 = 0xcf,
    rst0 = 0xd0,
    rst7 = 0xd7,
    soi = 0xd8,
    eoi = 0xd9,
    sos = 0xda,
    dqt = 0xdb,
    dnl = 0xdc,
    dri = 0xdd,
    dhp = 0xde,
    exp = 0xdf,
    app0 = 0xe0,
    app1 = 0xe1,
    app2 = 0xe2,
    app13 = 0xed,
    app14 = 0xee,
    app15 = 0xef,
    sof55 = 0xf7, // T.87, JPEG-LS
    com = 0xfe,
};

constexpr bool is_application(std::uint8_t marker) noexcept {
    return marker >= app0 && marker <= app15;
}

constexpr bool is_frame_header(std::uint8_t marker) noexcept {
    return marker >= sof0 && marker <= sof15 && marker != dht && marker != jpg && marker != dac;
}

/// Whether the marker has no segment behind it.
constexpr bool stands_alone(std::uint8_t marker) noexcept {
    return marker == tem || (marker >= rst0 && marker <= rst7);
}

} // namespace portrait::probing
