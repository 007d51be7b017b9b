#include "probing.hpp"

#include "support/pictures.hpp"

#include <algorithm>

namespace probe_tiff_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

enum Type : std::uint16_t { byte = 1, ascii = 2, short_ = 3, long_ = 4, rational = 5 };

struct Entry {
    std::uint16_t tag;
    std::uint16_t type;
    std::uint32_t count;
    std::uint32_t value; ///< left-justified by type
};

/// A TIFF of one directory, with bytes behind it.
struct Tiff {
    bool big = false;
    std::uint32_t directory = 8;
    std::vector<Entry> entries{{256, long_, 1, 70}, {257, short_, 1, 50},  {258, short_, 1, 8},
                               {262, short_, 1, 1}, {273, long_, 1, 4000}, {277, short_, 1, 1}};
    std::uint32_t next = 0;
    Bytes after{};

    Entry& of(std::uint16_t tag) {
        return *std::find_if(entries.begin(), entries.end(),
                             [tag](const auto& entry) { return entry.tag == tag; });
    }
    std::uint32_t end() const { return static_cast<std::uint32_t>(8 + 2 + 12 * entries.size() + 4); }

    Bytes write() const {
        ByteWriter out;
        const auto u16 = [&](std::uint32_t value) { big ? out.be16(value) : out.le16(value); };
        const auto u32 = [&](std::uint32_t value) { big ? out.be32(value) : out.le32(value); };
        out.text(big ? "MM" : "II");
        u16(42);
        u32(directory);
        u16(static_cast<std::uint32_t>(entries.size()));
        for (const auto& entry : entries) {
            u16(entry.tag);
            u16(entry.type);
            u32(entry.count);
            if (entry.type == byte && entry.count == 1)
                out.u8(entry.value).fill(3);
            else if (entry.type == short_ && entry.count == 1) {
                u16(entry.value);
                u16(0);
            } else
                u32(entry.value);
        }
        u32(next);
        return out.bytes(after).take();
    }
};

template<class Change>
Bytes changed(Change change) {
    Tiff tiff;
    change(tiff);
    return tiff.write();
}

Bytes with(Entry entry) {
    return changed([&](Tiff& tiff) { tiff.of(entry.tag) = entry; });
}

Bytes without(std::uint16_t tag) {
    return changed([&](Tiff& tiff) {
        std::erase_if(tiff.entries, [tag](const auto& entry) { return entry.tag == tag; });
    });
}

} // namespace

TEST_CASE("a TIFF's first directory has size, depth and colours in either byte order", "[probe][tiff]") {
    CHECK(accepted(make_tiff(100, 50)) == ImageHeader{ImageFormat::tiff, 100, 50, 8, 1, ColorModel::grey});
    CHECK(accepted(make_tiff(100, 50, true)) ==
          ImageHeader{ImageFormat::tiff, 100, 50, 8, 1, ColorModel::grey});
    for (const bool big : {false, true})
        CHECK(accepted(Tiff{big}.write()) == ImageHeader{ImageFormat::tiff, 70, 50, 8, 1, ColorModel::grey});
}

TEST_CASE("a TIFF's numbers may be bytes, shorts or longs", "[probe][tiff]") {
    for (const bool big : {false, true})
        for (const auto type : {byte, short_, long_}) {
            Tiff tiff{big};
            for (auto& entry : tiff.entries)
                entry.type = type;
            CHECK(accepted(tiff.write()) == ImageHeader{ImageFormat::tiff, 70, 50, 8, 1, ColorModel::grey});
        }
    CHECK(accepted(with({256, long_, 1, 0xffff'ffff})).width == 0xffff'ffff);
}

TEST_CASE("a TIFF's bits are those of all samples, wherever they stand", "[probe][tiff]") {
    Tiff tiff{true};
    tiff.of(262).value = 2;
    tiff.of(277).value = 3;
    tiff.of(258) = {258, short_, 3, tiff.end()};
    tiff.after = ByteWriter{}.be16(5).be16(6).be16(5).take();
    check_refused({"5, 6 and 5 bits", tiff.write(), errc::image_unsupported_encoding, "differ in size"});
    tiff.after = ByteWriter{}.be16(6).be16(6).be16(6).take();
    CHECK(accepted(tiff.write()) == ImageHeader{ImageFormat::tiff, 70, 50, 6, 3, ColorModel::rgb});
    tiff.of(258) = {258, short_, 2, 0x0010'0008}; // inline, one fewer than there are samples
    check_refused({"2 sizes of 3", tiff.write(), errc::image_corrupt, "fewer values"});
    tiff.of(258) = {258, short_, 1, 16}; // one for all samples, as from old writers
    CHECK(accepted(tiff.write()).bits_per_sample == 16);
    tiff.of(277).value = 4;
    tiff.of(258) = {258, byte, 4, 0x0808'0808};
    CHECK(accepted(tiff.write()).bits_per_sample == 8);
    CHECK(accepted(without(258)).bits_per_sample == 1);
    CHECK(accepted(with({258, short_, 1, 64})).bits_per_sample == 64);
}

TEST_CASE("a TIFF's photometric interpretation gives its colours", "[probe][tiff]") {
    const auto color = [](std::uint32_t photometric, std::uint32_t samples) {
        Tiff tiff;
        tiff.of(262).value = photometric;
        tiff.of(277).value = samples;
        tiff.entries.push_back({320, short_, 768, 8});
        return accepted(tiff.write()).color;
    };
    CHECK(color(0, 1) == ColorModel::grey);
    CHECK(color(1, 2) == ColorModel::grey);
    CHECK(color(2, 3) == ColorModel::rgb);
    CHECK(color(3, 1) == ColorModel::palette);
    CHECK(color(5, 4) == ColorModel::cmyk);
    CHECK(color(6, 3) == ColorModel::ycbcr);
    CHECK(color(8, 3) == ColorModel::lab);
    CHECK(color(9, 4) == ColorModel::lab);
    CHECK(accepted(without(262)).color == ColorModel::grey);
    check_refused({"palette without colours", with({262, short_, 1, 3}), errc::image_corrupt, "ColorMap"});
}

TEST_CASE("a TIFF of an encoding that isn't decoded is refused by name", "[probe][tiff]") {
    const auto plus = [](std::initializer_list<Entry> entries, std::uint32_t samples = 1) {
        return changed([&](Tiff& tiff) {
            tiff.of(277).value = samples;
            for (const auto& entry : entries) {
                std::erase_if(tiff.entries, [&](const Entry& old) { return old.tag == entry.tag; });
                tiff.entries.push_back(entry);
            }
        });
    };
    struct Row {
        Bytes bytes;
        std::string_view words;
    };
    for (const auto& [bytes, words] : std::initializer_list<Row>{
             {plus({{50706, byte, 4, 1}}), "camera raw picture (DNG)"},
             {plus({{262, short_, 1, 32803}}), "camera raw"},
             {plus({{262, short_, 1, 34892}}), "camera raw"},
             {plus({{254, long_, 1, 1}, {330, long_, 1, 8}}), "camera raw"},
             {plus({{339, short_, 1, 2}}), "signed samples"},
             {plus({{339, short_, 1, 6}}), "complex samples"},
             {plus({{339, short_, 1, 3}}), "floating-point samples of 8 bits"},
             {plus({{258, short_, 1, 17}}), "17 bits"},
             {plus({}, 65), "65 samples"},
             {plus({{259, short_, 1, 34887}}), "LERC"},
             {plus({{259, short_, 1, 65000}}), "compression 65000"},
             {plus({{259, short_, 1, 7}, {258, short_, 1, 12}}), "JPEG with 12 bits"},
             {plus({{259, short_, 1, 4}}), "fax compression"},
             {plus({{259, short_, 1, 5}, {317, short_, 1, 2}, {258, short_, 1, 4}}),
              "predictor 2 with 4 bits"},
             {plus({{259, short_, 1, 5}, {317, short_, 1, 3}}), "predictor 3 with 8 bits"},
             {plus({{262, short_, 1, 4}}), "PhotometricInterpretation) 4"},
             {plus({{262, short_, 1, 32845}}, 3), "PhotometricInterpretation) 32845"},
             {plus({{262, short_, 1, 3}, {258, short_, 1, 16}, {320, short_, 196'608, 8}}),
              "palette with 16 bits"},
             {plus({{262, short_, 1, 5}, {332, short_, 1, 2}}, 4), "inks other than CMYK"},
             {plus({{262, short_, 1, 6}, {258, short_, 1, 16}}, 3), "YCbCr with 16 bits"},
             {plus({{262, short_, 1, 6}}, 4), "YCbCr with further samples"},
             {plus({{262, short_, 1, 6}, {530, short_, 2, 0x0004'0001}}, 3), "reduced 1 x 4"},
             {plus({{262, short_, 1, 8}, {258, short_, 1, 32}}, 3), "Lab with 32 bits"},
         })
        check_refused({words, bytes, errc::image_unsupported_encoding, words});
    check_refused({"CR2",
                   ByteWriter{}
                       .text({"II*\0\x10\0\0\0CR\2\0\0\0\0\0", 16})
                       .le16(1)
                       .le16(256)
                       .le16(3)
                       .le32(1)
                       .le32(9)
                       .take(),
                   errc::image_unsupported_encoding, "CR2"});
}

TEST_CASE("a TIFF's lists of strips and tiles have to be whole", "[probe][tiff]") {
    check_refused({"offsets outside", with({273, long_, 2, 4000}), errc::image_truncated, "StripOffsets"});
    const auto tiled = [](std::uint32_t side) {
        return changed([&](Tiff& tiff) {
            tiff.of(273) = {324, long_, 1, 4000};
            tiff.entries.push_back({322, long_, 1, side});
            tiff.entries.push_back({323, long_, 1, side});
        });
    };
    CHECK(accepted(tiled(256)).width == 70);
    check_refused({"no tiles", tiled(0), errc::image_corrupt, "tiles of 0 x 0"});
    check_refused({"huge tiles", tiled(100'000), errc::image_corrupt, "tiles of 100000 x 100000"});
}

TEST_CASE("a TIFF's directory that contradicts the format is refused", "[probe][tiff]") {
    const auto refusal = GENERATE(values<Refusal>({
        {"directory at 0", changed([](Tiff& tiff) { tiff.directory = 0; }), errc::image_corrupt,
         "inside the file's"},
        {"directory at 7", changed([](Tiff& tiff) { tiff.directory = 7; }), errc::image_corrupt,
         "inside the file's"},
        {"directory outside", changed([](Tiff& tiff) { tiff.directory = 0xffff'ffff; }),
         errc::image_truncated, "4294967297"},
        {"no entries", changed([](Tiff& tiff) { tiff.entries.clear(); }), errc::image_corrupt, "no entries"},
        {"too many entries", changed([](Tiff& tiff) {
             tiff.entries.resize(5000, {999, byte, 1, 0});
         }),
         errc::image_corrupt, "5000 entries"},
        {"no width", without(256), errc::image_corrupt, "no width or no height"},
        {"no height", without(257), errc::image_corrupt, "no width or no height"},
        {"no data", without(273), errc::image_corrupt, "no picture data"},
        {"width of 0", with({256, long_, 1, 0}), errc::image_zero_dimension, "0 x 50"},
        {"height of 0", with({257, short_, 1, 0}), errc::image_zero_dimension, "70 x 0"},
        {"width as text", with({256, ascii, 1, 70}), errc::image_corrupt, "ImageWidth is not a number"},
        {"width as a fraction", with({256, rational, 1, 8}), errc::image_corrupt,
         "ImageWidth is not a number"},
        {"no widths", with({256, long_, 0, 70}), errc::image_corrupt, "ImageWidth is not a number"},
        {"two widths", with({256, long_, 2, 8}), errc::image_corrupt, "2 values"},
        {"width twice", changed([](Tiff& tiff) {
             tiff.entries.push_back({256, long_, 1, 9});
         }),
         errc::image_corrupt, "ImageWidth twice"},
        {"no samples", with({277, short_, 1, 0}), errc::image_corrupt, "0 samples"},
        {"70000 samples", with({277, long_, 1, 70000}), errc::image_corrupt, "70000 samples"},
        {"RGB of one sample", with({262, short_, 1, 2}), errc::image_corrupt, "1 samples"},
        {"no bits", with({258, short_, 1, 0}), errc::image_corrupt, "0 bits"},
        {"65 bits", with({258, short_, 1, 65}), errc::image_corrupt, "65 bits"},
        {"bits in the header", with({258, short_, 9, 4}), errc::image_corrupt, "BitsPerSample is inside"},
        {"bits outside", with({258, short_, 9, 4000}), errc::image_truncated, "BitsPerSample"},
        {"bits far outside", with({258, long_, 0xffff'ffff, 0xffff'ffff}), errc::image_truncated,
         "21474836475"},
    }));
    check_refused(refusal);
}

TEST_CASE("a TIFF's directories that form a loop are refused", "[probe][tiff]") {
    Tiff tiff;
    tiff.next = 8;
    check_refused({"to itself", tiff.write(), errc::image_corrupt, "loop"});

    // Empty directories: a count of 0 and the next one's offset. The last points back into the chain.
    const auto chain = [](std::uint32_t length, std::uint32_t back_to) {
        Tiff first;
        first.next = first.end();
        ByteWriter rest;
        for (std::uint32_t page = 1; page <= length; ++page)
            rest.le16(0).le32(page < length ? first.end() + 6 * page : back_to);
        first.after = rest.take();
        return first.write();
    };
    const auto start = Tiff{}.end();
    for (const std::uint32_t length : {1U, 2U, 3U, 10U, 257U, 1000U}) {
        INFO(length << " more directories");
        CHECK(accepted(chain(length, 0)).width == 70);
        CHECK(accepted(chain(length, 0xffff'fff0)).width == 70);
        check_refused({"back to the first", chain(length, 8), errc::image_corrupt, "loop"});
        check_refused({"back to the second", chain(length, start), errc::image_corrupt, "loop"});
        check_refused(
            {"the last to itself", chain(length, start + 6 * (length - 1)), errc::image_corrupt, "loop"});
    }
    CHECK(accepted(chain(100'000, 0)).width == 70); // more than is followed
}

TEST_CASE("a TIFF's directory may stand anywhere and lack the link to a next one", "[probe][tiff]") {
    for (const std::uint32_t gap : {1U, 3U, 70'001U}) {
        Tiff tiff;
        tiff.directory = 8 + gap;
        auto bytes = tiff.write();
        bytes.insert(bytes.begin() + 8, gap, std::byte{0});
        CHECK(accepted(bytes).width == 70);
        bytes.erase(bytes.end() - 4, bytes.end());
        CHECK(accepted(bytes).height == 50);
    }
}

TEST_CASE("a TIFF that ends anywhere inside its first directory is truncated", "[probe][tiff]") {
    for (const bool big : {false, true}) {
        auto head = Tiff{big}.write();
        head.erase(head.end() - 4, head.end()); // the link to a next directory may be missing
        check_all_truncations(head);
    }
}

TEST_CASE("a BigTIFF is refused by name", "[probe][tiff]") {
    check_refused({"little", ByteWriter{}.text({"II+\0\x08\0\0\0", 8}).fill(40).take(),
                   errc::image_unsupported_format, "BigTIFF"});
    check_refused({"big", ByteWriter{}.text({"MM\0+\0\x08\0\0", 8}).fill(40).take(),
                   errc::image_unsupported_format, "BigTIFF"});
}

} // namespace probe_tiff_test
