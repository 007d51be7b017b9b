#include "scrubbing.hpp"

#include <algorithm>

namespace scrub_test {

using namespace portrait;
using namespace portrait::testing;

TEST_CASE("a TIFF is left unchanged and the receipt is marked unsupported", "[scrub]") {
    const ImageBytes bytes{make_tiff()};
    const auto result = scrub(bytes);
    REQUIRE(result.has_value());
    CHECK(result->bytes.data() == bytes.data());
    CHECK_FALSE(result->receipt.supported);
    CHECK(result->receipt.removed.empty());
}

TEST_CASE("bytes without a picture are refused with the error of probe", "[scrub]") {
    CHECK(scrub(ImageBytes{}).error() == errc::image_empty);
    CHECK(scrub(ImageBytes{bytes_of("no picture")}).error() == errc::image_unknown_format);
    auto cut = make_jpeg();
    cut.resize(30);
    CHECK(scrub(ImageBytes{cut}).error() == errc::image_truncated);
}

TEST_CASE("each kind of metadata has a name of its own", "[scrub]") {
    std::vector<std::string_view> names;
    for (auto kind = MetadataKind::exif; kind <= MetadataKind::trailing_data;
         kind = static_cast<MetadataKind>(static_cast<int>(kind) + 1))
        names.push_back(name_of(kind));
    CHECK(names.size() == 10);
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

} // namespace scrub_test
