#include "decode/color_codes.hpp"

#include <cmath>
#include <memory>
#include <optional>

namespace portrait::imaging {
namespace {

struct Free {
    void operator()(cmsToneCurve* curve) const noexcept { cmsFreeToneCurve(curve); }
    void operator()(void* profile) const noexcept { cmsCloseProfile(profile); }
};

/// By the codes of ITU-T H.273, table 2.
std::optional<Primaries> primaries_of(std::size_t code) {
    const auto with = [](std::array<double, 6> xy) {
        Primaries primaries;
        primaries.colors = {.Red = {.x = xy[0], .y = xy[1], .Y = 1},
                            .Green = {.x = xy[2], .y = xy[3], .Y = 1},
                            .Blue = {.x = xy[4], .y = xy[5], .Y = 1}};
        return primaries;
    };
    switch (code) {
    case 1: return Primaries{};
    case 5: return with({0.64, 0.33, 0.29, 0.60, 0.15, 0.06});
    case 6:
    case 7: return with({0.630, 0.340, 0.310, 0.595, 0.155, 0.070});
    case 11: {
        auto primaries = with({0.680, 0.320, 0.265, 0.690, 0.150, 0.060});
        primaries.white = {.x = 0.314, .y = 0.351, .Y = 1};
        return primaries;
    }
    case 9: return with({0.708, 0.292, 0.170, 0.797, 0.131, 0.046});
    case 12: return with({0.680, 0.320, 0.265, 0.690, 0.150, 0.060});
    case 22: return with({0.630, 0.340, 0.295, 0.605, 0.155, 0.077});
    default: return std::nullopt;
    }
}

/// By the codes of ITU-T H.273, table 3.
std::optional<Transfer> transfer_of(std::size_t code) {
    switch (code) {
    case 1:
    case 6:
    case 11:
    case 14:
    case 15: return power_of(2.4); // of a screen (ITU-R BT.1886)
    case 4: return power_of(2.2);
    case 5: return power_of(2.8);
    case 7: return Transfer{.parameters = {1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 0.25, 4 * 0.0228}};
    case 8: return power_of(1);
    case 17: return Transfer{.parameters = {2.6, std::pow(52.37 / 48, 1 / 2.6), 0, 0, 0}};
    case 13: return Transfer{};
    default: return std::nullopt;
    }
}

} // namespace

std::vector<std::byte> profile_of(const Primaries& primaries, const Transfer& transfer, bool grey) {
    const std::unique_ptr<cmsToneCurve, Free> curve{
        cmsBuildParametricToneCurve(nullptr, transfer.type, transfer.parameters.data())};
    if (!curve)
        return {};
    const std::array curves{curve.get(), curve.get(), curve.get()};
    const std::unique_ptr<void, Free> profile{
        grey ? cmsCreateGrayProfile(cmsD50_xyY(), curve.get())
             : cmsCreateRGBProfile(&primaries.white, &primaries.colors, curves.data())};
    cmsUInt32Number size = 0;
    if (!profile || cmsSaveProfileToMem(profile.get(), nullptr, &size) == 0)
        return {};
    std::vector<std::byte> bytes(size);
    if (cmsSaveProfileToMem(profile.get(), bytes.data(), &size) == 0)
        return {};
    return bytes;
}

std::vector<std::byte> profile_of(const ColorCodes& codes, bool grey) {
    const auto primaries = primaries_of(codes.primaries);
    const auto transfer = transfer_of(codes.transfer);
    return primaries && transfer ? profile_of(*primaries, *transfer, grey) : std::vector<std::byte>{};
}

} // namespace portrait::imaging
