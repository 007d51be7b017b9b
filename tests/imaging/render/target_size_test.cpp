#include "render/rendering.hpp"

#include "support/catch.hpp"

namespace target_size_test {

using namespace portrait;
using namespace portrait::imaging;

TEST_CASE("a picture fits the box, undistorted, rounded to the nearest, and is never enlarged") {
    const auto inside = [](Size picture, std::optional<std::uint32_t> width,
                           std::optional<std::uint32_t> height) {
        const auto target = target_size(picture, {width, height, std::nullopt, Fit::inside});
        CHECK(target.scaled == target.shown);
        return target.shown;
    };
    CHECK(inside({4000, 3000}, 180, std::nullopt) == Size{180, 135});
    CHECK(inside({4000, 3000}, std::nullopt, 180) == Size{240, 180});
    CHECK(inside({4000, 3000}, 100, 100) == Size{100, 75});
    CHECK(inside({3000, 4000}, 100, 100) == Size{75, 100});
    CHECK(inside({97, 61}, 40, std::nullopt) == Size{40, 25});
    CHECK(inside({97, 61}, 4096, 4096) == Size{97, 61});
    CHECK(inside({97, 61}, std::nullopt, std::nullopt) == Size{97, 61});
    CHECK(inside({1, 30'000}, 180, 180) == Size{1, 180});
    CHECK(inside({30'000, 1}, 1, std::nullopt) == Size{1, 1});
}

TEST_CASE("a box is filled, or a smaller picture gives its largest part of the box's shape") {
    const auto target = target_size({400, 300}, {100, 100, std::nullopt, Fit::cover});
    CHECK(target.scaled == Size{133, 100});
    CHECK(target.shown == Size{100, 100});
    const auto small = target_size({40, 300}, {100, 100, std::nullopt, Fit::cover});
    CHECK(small.scaled == Size{40, 300});
    CHECK(small.shown == Size{40, 40});
    const auto shown = [](Size picture, std::uint32_t width, std::uint32_t height) {
        return target_size(picture, {width, height, std::nullopt, Fit::attention}).shown;
    };
    CHECK(shown({400, 300}, 100, 100) == Size{100, 100});
    CHECK(shown({400, 300}, 200, 100) == Size{200, 100});
    CHECK(shown({400, 300}, 4096, 4096) == Size{300, 300});
    CHECK(shown({400, 300}, 4096, 1024) == Size{400, 100});
    CHECK(shown({1, 30'000}, 100, 50) == Size{1, 1});
    CHECK(shown({64, 48}, 64, 48) == Size{64, 48});
    CHECK(target_size({400, 300}, {100, std::nullopt, std::nullopt, Fit::cover}).shown == Size{100, 75});
}

} // namespace target_size_test
