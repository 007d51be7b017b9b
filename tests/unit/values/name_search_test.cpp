#include "support/catch.hpp"

#include <portrait/name_search.hpp>

#include <utility>

namespace name_search_test {

using portrait::NameSearch;

TEST_CASE("capital and small letters of a name are equal", "[names]") {
    // Each pair: capital letters, and the same ones small.
    for (const auto& [capital, small] : {std::pair{"ABCXYZ", "abcxyz"},
                                         {"ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞ", "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþ"},
                                         {"ŸĀĂĄĆĈĊČĎĐĒĖĘĚĜĞĠĢ", "ÿāăąćĉċčďđēėęěĝğġģ"},
                                         {"ĤĦĨĪĮĲĴĶĹĻĽĿŁŃŅŇ", "ĥħĩīįĳĵķĺļľŀłńņň"},
                                         {"ŊŌŐŒŔŘŚŜŞŠŢŤŦŨŪŮŰŲŴŶŹŻŽ", "ŋōőœŕřśŝşšţťŧũūůűųŵŷźżž"},
                                         {"ƠƯǍǛǞǮǸȘȚȞƏ", "ơưǎǜǟǯǹșțȟə"},
                                         {"ΆΈΉΊΌΎΏΑΒΓΔΩΣΪΫ", "άέήίόύώαβγδωσϊϋ"},
                                         {"ЀЁЂЇЎЏАБВЯЭЮҐҒӘӨҮҺ", "ѐёђїўџабвяэюґғәөүһ"},
                                         {"ԱԲԳՖ", "աբգֆ"},
                                         {"ḀẀẞẠẾỆỢỸ", "ḁẁßạếệợỹ"}}) {
        CAPTURE(capital);
        CHECK(NameSearch{capital}.matches(small));
        CHECK(NameSearch{small}.matches(capital));
    }
}

TEST_CASE("letters that fold to others are found by them", "[names]") {
    CHECK(NameSearch{"strasse"}.matches("STRAẞE"));
    CHECK(NameSearch{"Weiß"}.matches("WEISS"));
    CHECK(NameSearch{"ΟΔΥΣΣΕΥΣ"}.matches("Οδυσσευς"));
    CHECK(NameSearch{"istanbul"}.matches("İSTANBUL"));
}

TEST_CASE("other letters differ", "[names]") {
    CHECK_FALSE(NameSearch{"ase"}.matches("Åse")); // accents count
    CHECK_FALSE(NameSearch{"o"}.matches("Ø"));
    CHECK_FALSE(NameSearch{"×"}.matches("÷"));            // between the letters of Latin-1
    CHECK_FALSE(NameSearch{"ĸ"}.matches("Ĺ"));            // between two alphabets of pairs
    CHECK_FALSE(NameSearch{"e\u0301"}.matches("\u00E9")); // not composed
    CHECK(NameSearch{"山田"}.matches("山田太郎"));
}

TEST_CASE("an empty text is in each name, and no text in an empty name", "[names]") {
    CHECK(NameSearch{""}.matches("Ada"));
    CHECK(NameSearch{""}.matches(""));
    CHECK_FALSE(NameSearch{"a"}.matches(""));
}

TEST_CASE("bytes that are no UTF-8 equal themselves", "[names]") {
    CHECK(NameSearch{"\xC3"}.matches("A\xC3"));
    CHECK(NameSearch{"b"}.matches("\xFF\xFE\x80"
                                  "B"));
    CHECK_FALSE(NameSearch{"\xED\xA0\x80"}.matches("\xED\xA0\x81")); // a surrogate
}

} // namespace name_search_test
