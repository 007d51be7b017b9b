#include "formats/xml.hpp"
#include "support/catch.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <string>

namespace xml_test {

using namespace portrait::http;
namespace json = boost::json;

namespace {

std::string nested(std::size_t depth) {
    std::string text;
    for (std::size_t level = 0; level < depth; ++level)
        text += "<a>";
    for (std::size_t level = 0; level < depth; ++level)
        text += "</a>";
    return text;
}

std::string rule_of(std::string_view text) {
    const auto document = read_xml(text);
    if (document)
        return "accepted";
    CHECK(document.error().status == 400);
    return std::string{document.error().rule};
}

} // namespace

TEST_CASE("values are written as the contract's XML", "[xml]") {
    CHECK(xml_text("int", 167) == "<int>167</int>");
    CHECK(xml_text("X", json::object{{"A", "b"}, {"B", true}, {"C", -1}, {"D", ""}}) ==
          "<X><A>b</A><B>true</B><C>-1</C><D/></X>");
    CHECK(xml_text("X", json::object{{"A", nullptr}}) ==
          R"(<X xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><A xsi:nil="true"/></X>)");
    CHECK(xml_text("X", json::object{{"FieldProperties", json::object{{"BlobId", 1}}}}) ==
          "<X><FieldProperties><Item><Key>BlobId</Key><Value>1</Value></Item></FieldProperties></X>");
    CHECK(xml_text("X", json::object{{"/a b", 1}}) == "<X><Item><Key>/a b</Key><Value>1</Value></Item></X>");
    CHECK(xml_text("X", json::parse(R"({"I":[1,2],"S":["a"],"O":[{"P":1}]})")) ==
          "<X><I><int>1</int><int>2</int></I><S><string>a</string></S><O><Item><P>1</P></Item></O></X>");
}

TEST_CASE("a text makes a round trip through XML", "[xml]") {
    const auto text = GENERATE(as<std::string>{}, "", " ", "  a  b ", "a\r\nb\rc\nd\te", "<&>'\"]]>", "&amp;",
                               "\xC3\xA6\xF0\x9F\x98\x80", "<!-- no comment -->", "\n");
    const auto document = read_xml(xml_text("X", json::object{{"Text", text}, {"Other", nullptr}}));
    REQUIRE(document.has_value());
    CHECK(document->root == "X");
    CHECK(document->value.at("Text").as_string() == text);
    CHECK(document->value.at("Other").is_null());
}

TEST_CASE("characters that XML forbids are replaced", "[xml]") {
    CHECK(xml_text("X", "a\x01z") == "<X>a\xEF\xBF\xBDz</X>");
    CHECK(xml_text("X", "a\xEF\xBF\xBFz") == "<X>a\xEF\xBF\xBDz</X>");
}

TEST_CASE("XML is read into values", "[xml]") {
    const auto document = read_xml(R"(<?xml version="1.0" encoding="utf-8"?>
        <!-- a comment --><p:X xmlns:p="urn:x" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
          <A>1</A><p:B i:nil="true"/><C><![CDATA[<&]]>&#65;&#x1F600;&lt;</C><E></E><A>2</A>
          <L><int>1</int><int>2</int></L><D><Item><Key>k</Key><Value>v</Value></Item></D>
        </p:X>)");
    REQUIRE(document.has_value());
    CHECK(document->root == "X");
    // Of elements with one name the last wins, as in JSON.
    CHECK(document->value == json::parse(R"({"A":"2","B":null,"C":"<&A😀<","E":"","L":["1","2"],
                                             "D":[{"Key":"k","Value":"v"}]})"));
}

TEST_CASE("malformed XML is refused", "[xml][hostile]") {
    for (const std::string_view text : {"",
                                        " ",
                                        "<a>",
                                        "<a></b>",
                                        "<a/><b/>",
                                        "text",
                                        "<a/>text",
                                        "text<a/>",
                                        "<a",
                                        "{}",
                                        "<a>&</a>",
                                        "<a>&unknown;</a>",
                                        "<a>&#0;</a>",
                                        "<a>&#1;</a>",
                                        "<a>&#xD800;</a>",
                                        "<a>&#xFFFF;</a>",
                                        "<a>&#99999999999;</a>",
                                        "<a>&#x110000;</a>",
                                        "<a>&#;</a>",
                                        "<a>&lt</a>",
                                        "<a>\x01</a>",
                                        "<a>\xC0\xAF</a>",
                                        "<a>\xED\xA0\x80</a>",
                                        "<a>\xFF</a>"}) {
        CAPTURE(text);
        CHECK(rule_of(text) == "request.xml_malformed");
    }
    CHECK(rule_of(std::string_view{"<a>\0</a>", 8}) == "request.xml_malformed");
    CHECK(rule_of(std::string_view{"<a/>\0<b/>", 9}) == "request.xml_malformed");
}

TEST_CASE("every DTD is refused", "[xml][hostile]") {
    CHECK(rule_of("<!DOCTYPE a><a/>") == "request.xml_dtd");
    CHECK(rule_of(R"(<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>)") ==
          "request.xml_dtd");
    CHECK(rule_of(R"(<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>)") == "request.xml_dtd");
    std::string laughs = R"(<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l0 "lol">)";
    for (int level = 1; level < 10; ++level)
        laughs += "<!ENTITY l" + std::to_string(level) + " \"&l" + std::to_string(level - 1) + ";&l" +
                  std::to_string(level - 1) + ";\">";
    CHECK(rule_of(laughs + "]><a>&l9;</a>") == "request.xml_dtd");
}

TEST_CASE("XML may be 32 elements deep", "[xml][hostile]") {
    CHECK(rule_of(nested(32)) == "accepted");
    CHECK(rule_of(nested(33)) == "request.too_deep");
    CHECK(rule_of(nested(10'000)) == "request.too_deep");
    std::string open;
    for (int level = 0; level < 10'000; ++level)
        open += "<a>";
    CHECK(rule_of(open) == "request.xml_malformed");
}

} // namespace xml_test
