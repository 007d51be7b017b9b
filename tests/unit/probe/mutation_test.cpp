#include "probing.hpp"

#include "support/pictures.hpp"

#include <random>

namespace probe_mutation_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

struct Kind {
    std::string_view name;
    Bytes bytes;
};

std::vector<Kind> kinds() {
    return {
        {"PNG", make_png(3, 2)},         {"huge PNG", make_png_claiming(100'000, 100'000)},
        {"JPEG", make_jpeg(16, 8)},      {"large JPEG", make_jpeg_of_size(70'000)},
        {"GIF", make_gif(4, 4)},         {"TIFF, little end first", make_tiff(4, 3, false)},
        {"TIFF", make_tiff(4, 3, true)},
    };
}

/// Checks the outcome of any bytes; returns whether they are accepted.
bool check_answer(std::span<const std::byte> bytes) {
    // A copy of the exact size, so that sanitizers detect reads beyond it.
    const std::vector<std::byte> alone(bytes.begin(), bytes.end());
    const auto header = probe(alone);
    if (header) {
        REQUIRE(header->width > 0);
        REQUIRE(header->height > 0);
        REQUIRE(header->bits_per_sample >= 1);
        REQUIRE(header->bits_per_sample <= 64);
        REQUIRE(header->samples >= 1);
        return true;
    }
    REQUIRE(header.error() == failure::bad_input);
    REQUIRE_FALSE(header.error().message().empty());
    if (header.error() == errc::image_truncated)
        REQUIRE(header.error().limit().value_or(0) > alone.size());
    return false;
}

constexpr std::size_t head_size = 512;

} // namespace

TEST_CASE("every beginning of a picture is accepted or refused", "[probe][mutation]") {
    for (const auto& kind : kinds()) {
        INFO(kind.name);
        const auto longest = std::min(kind.bytes.size(), head_size);
        int accepted = 0;
        for (std::size_t size = 0; size <= longest; ++size)
            accepted += check_answer(std::span{kind.bytes}.first(size));
        // The head is in the first half KiB, except behind a large comment.
        CHECK((accepted > 0) == (kind.name != "large JPEG"));
        CHECK(accepted < static_cast<int>(longest));
    }
}

TEST_CASE("pictures with flipped, set, lost and doubled bytes are accepted or refused", "[probe][mutation]") {
    std::mt19937 random{20240607};
    const auto below = [&random](std::size_t limit) { return random() % limit; };
    constexpr std::array special{0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe, 0xd8, 0xda};
    for (const auto& kind : kinds()) {
        INFO(kind.name);
        const auto head = std::min(kind.bytes.size(), head_size);
        int accepted = 0;
        for (int turn = 0; turn < 3000; ++turn) {
            auto bytes = kind.bytes;
            for (auto changes = 1 + below(4); changes > 0; --changes) {
                const auto at = below(std::min(head, bytes.size()));
                const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
                switch (below(6)) {
                case 0: bytes.erase(place); break;
                case 1: bytes.insert(place, *place); break;
                case 2: *place = static_cast<std::byte>(special[below(special.size())]); break;
                default: *place ^= static_cast<std::byte>(1U << below(8)); break;
                }
            }
            if (below(4) == 0)
                bytes.resize(below(bytes.size()));
            accepted += check_answer(bytes);
        }
        CHECK(accepted > 200);
        CHECK(accepted < 2900);
    }
}

TEST_CASE("noise behind a signature is accepted or refused", "[probe][mutation]") {
    using namespace std::string_view_literals;
    std::mt19937 random{77};
    for (const auto signature : {"\x89PNG\r\n\x1a\n"sv, "\xff\xd8\xff"sv, "GIF89a"sv, "II*\0\x08\0\0\0"sv,
                                 "MM\0*\0\0\0\x08"sv, "BM"sv, "\0\0\1\0"sv, "RIFF"sv,
                                 "\0\0\0\x18"
                                 "ftyp"sv,
                                 "<?xml"sv, ""sv})
        for (int turn = 0; turn < 1000; ++turn) {
            ByteWriter out;
            out.text(signature);
            for (auto left = random() % 300; left > 0; --left)
                out.u8(random() % 4 == 0 ? 0xff : random() % 256);
            (void)check_answer(out.view());
        }
}

} // namespace probe_mutation_test
