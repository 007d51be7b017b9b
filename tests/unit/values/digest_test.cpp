#include <portrait/digest.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace digest_test {

using namespace portrait;

// Digests are stored with the pictures, so they must be equal in every build and on every processor.
TEST_CASE("digests are XXH3-128 in its canonical form at every length") {
    const std::vector<std::pair<std::size_t, std::string>> known{
        {0, "99aa06d3014798d86001c324468d497f"},      {1, "495b62073ef70ca44c5cca45d0f4811f"},
        {3, "46f66cb93538156515f7093b173d005c"},      {16, "650fe308c566747df853dd94614dfa07"},
        {129, "6881633650cd8924c51bc887976aef63"},    {240, "de57aab31e77a2ff93e173833f75ab66"},
        {241, "92b991a7192f3f080b3b630948ce4a00"},    {1000, "f534f51e82a81d29989765d0ea7a5ecd"},
        {100000, "8ce7a24d31cd94b1ccf90df7e7e37036"},
    };
    for (const auto& [length, text] : known) {
        INFO(length << " bytes");
        std::vector<std::byte> bytes(length);
        for (std::size_t index = 0; index < length; ++index)
            bytes[index] = static_cast<std::byte>(index * 31 + 7);
        CHECK(digest_of(bytes).to_string() == text);
    }
}

TEST_CASE("one changed bit changes the digest") {
    std::vector<std::byte> bytes(70'000);
    const auto before = digest_of(bytes);
    bytes[69'999] ^= std::byte{1};
    CHECK_FALSE(digest_of(bytes) == before);
}

} // namespace digest_test
