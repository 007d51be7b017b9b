#include "probe/readers.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"

namespace probe_stb_dimensions_test {

using namespace portrait::probing;
using namespace portrait::testing;

TEST_CASE("stb_image reads the dimensions of a PNG, JPEG and GIF", "[probe][stb]") {
    CHECK(stb_dimensions(make_png(300, 200)) == Dimensions{300, 200});
    CHECK(stb_dimensions(make_jpeg(33, 22)) == Dimensions{33, 22});
    CHECK(stb_dimensions(make_gif(21, 10)) == Dimensions{21, 10});
}

TEST_CASE("stb_image contradicts by other dimensions and not by a refusal", "[probe][stb]") {
    CHECK(stb_contradicts(make_png(300, 200), {200, 300}));
    CHECK_FALSE(stb_contradicts(make_png(300, 200), {300, 200}));
    CHECK_FALSE(stb_dimensions(make_png_claiming(1U << 25, 1)));
    CHECK_FALSE(stb_contradicts(make_png_claiming(1U << 25, 1), {1, 1}));
    CHECK_FALSE(stb_dimensions(make_tiff()));
    CHECK_FALSE(stb_dimensions({}));
}

} // namespace probe_stb_dimensions_test
