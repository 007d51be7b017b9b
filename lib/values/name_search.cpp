#include <portrait/name_search.hpp>

#include <boost/locale/utf.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace portrait {
namespace {

/// Capital letters whose small letters are `distance` code points later: all from `first` to `last`, or every
/// second one.
struct Capitals {
    std::uint32_t first;
    std::uint32_t last;
    std::int32_t distance;
    std::uint32_t step;
};

/// The foldings of one code point to one in Unicode's CaseFolding.txt, without letters of phonetic
/// alphabets, Coptic, polytonic Greek and mathematical symbols.
constexpr Capitals capitals[] = {
    {0x0041, 0x005A, 32, 1},                           // Latin
    {0x00B5, 0x00B5, 775, 1},                          // the micro sign, as Greek mu
    {0x00C0, 0x00D6, 32, 1},                           // À to Ö
    {0x00D8, 0x00DE, 32, 1},                           // Ø to Þ
    {0x0100, 0x012E, 1, 2},                            // Ā to Į
    {0x0130, 0x0130, -199, 1},                         // İ, as i
    {0x0132, 0x0136, 1, 2},                            // Ĳ to Ķ
    {0x0139, 0x0147, 1, 2},                            // Ĺ to Ň
    {0x014A, 0x0176, 1, 2},                            // Ŋ to Ŷ
    {0x0178, 0x0178, -121, 1},                         // Ÿ
    {0x0179, 0x017D, 1, 2},                            // Ź to Ž
    {0x017F, 0x017F, -268, 1},                         // ſ
    {0x018F, 0x018F, 202, 1},                          // Ə of Azerbaijani
    {0x01A0, 0x01A0, 1, 1},                            // Ơ and Ư of Vietnamese
    {0x01AF, 0x01AF, 1, 1},    {0x01CD, 0x01DB, 1, 2}, // Ǎ to Ǜ of Pinyin
    {0x01DE, 0x01EE, 1, 2},                            // Ǟ to Ǯ, of Sami languages among others
    {0x01F8, 0x021E, 1, 2},                            // Ǹ to Ȟ, with Ș and Ț of Romanian
    {0x0222, 0x0232, 1, 2},                            // Ȣ to Ȳ
    {0x0386, 0x0386, 38, 1},                           // Greek
    {0x0388, 0x038A, 37, 1},   {0x038C, 0x038C, 64, 1}, {0x038E, 0x038F, 63, 1}, {0x0391, 0x03A1, 32, 1},
    {0x03A3, 0x03AB, 32, 1},   {0x03C2, 0x03C2, 1, 1}, // ς
    {0x0400, 0x040F, 80, 1},                           // Cyrillic
    {0x0410, 0x042F, 32, 1},   {0x0460, 0x0480, 1, 2},  {0x048A, 0x04BE, 1, 2},  {0x04C0, 0x04C0, 15, 1},
    {0x04C1, 0x04CD, 1, 2},    {0x04D0, 0x052E, 1, 2},  {0x0531, 0x0556, 48, 1}, // Armenian
    {0x1E00, 0x1E94, 1, 2}, // Latin with dots and other marks
    {0x1EA0, 0x1EFE, 1, 2}, // Vietnamese
};

constexpr std::uint32_t sharp_s = 0xDF;
constexpr std::uint32_t capital_sharp_s = 0x1E9E;

std::uint32_t folded(std::uint32_t code_point) noexcept {
    const auto* const range =
        std::find_if(std::begin(capitals), std::end(capitals),
                     [&](const Capitals& candidate) { return code_point <= candidate.last; });
    if (range == std::end(capitals) || code_point < range->first ||
        (code_point - range->first) % range->step != 0)
        return code_point;
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(code_point) + range->distance);
}

std::string folded(std::string_view text) {
    using Utf8 = boost::locale::utf::utf_traits<char>;
    std::string result;
    result.reserve(text.size());
    const auto* next = text.data();
    const auto* const end = next + text.size();
    while (next != end) {
        const auto* const start = next;
        if (static_cast<unsigned char>(*next) < 0x80) { // most letters
            const char letter = *next++;
            result += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
            continue;
        }
        const auto code_point = Utf8::decode(next, end);
        if (!boost::locale::utf::is_valid_codepoint(code_point)) {
            next = start + 1;
            result += *start;
        } else if (code_point == sharp_s || code_point == capital_sharp_s) {
            result += "ss";
        } else {
            Utf8::encode(folded(code_point), std::back_inserter(result));
        }
    }
    return result;
}

} // namespace

NameSearch::NameSearch(std::string_view text)
    : folded_{folded(text)} {}

bool NameSearch::matches(std::string_view full_name) const {
    return folded_.empty() || folded(full_name).find(folded_) != std::string::npos;
}

} // namespace portrait
