#include "agents/agent_arguments.hpp"
#include "routes/table.hpp"

#include "support/catch.hpp"

#include <portrait/limits.hpp>

namespace agent_arguments_test {

using namespace portrait;
using namespace portrait::http;

namespace {

AgentArguments read(BodyType type, const ImageBytes& body) {
    auto arguments = read_agent_arguments(blob_set_person_image.arguments, type, body);
    REQUIRE(arguments.has_value());
    return *std::move(arguments);
}

ImageBytes body_of(std::string text) {
    return ImageBytes{std::move(text)};
}

std::string_view image_text(AgentArguments& arguments) {
    return std::get<ImageBytes>(arguments.find("image")->value).text();
}

} // namespace

TEST_CASE("a text that stands in the body as it is isn't copied", "[http][agents]") {
    const auto body = body_of(R"({"PersonId":1,"Image":")" + std::string(1'000'000, 'A') + "\"}");
    auto arguments = read(BodyType::json, body);
    const auto text = image_text(arguments);
    CHECK(text.size() == 1'000'000);
    CHECK(text.data() == body.text().data() + body.text().find("AAAA"));
    CHECK(arguments.bytes("Image", {})->size() == 750'000);
}

TEST_CASE("a text with escapes is unescaped", "[http][agents]") {
    auto arguments = read(BodyType::json, body_of(R"({"Image":")" + std::string(5000, 'A') + R"(\/\u002B)" +
                                                  std::string(5000, 'B') + "\"}"));
    CHECK(image_text(arguments) == std::string(5000, 'A') + "/+" + std::string(5000, 'B'));
}

TEST_CASE("an empty text is there, an absent one and null are not", "[http][agents]") {
    const auto empty = read(BodyType::json, body_of(R"({"Image":""})"));
    CHECK(empty.has("Image"));
    CHECK(empty.given());
    CHECK(empty.bytes("Image", {})->empty());
    CHECK_FALSE(read(BodyType::json, body_of(R"({"Image":null})")).has("Image"));
    const auto nothing = read(BodyType::json, body_of(" null "));
    CHECK_FALSE(nothing.has("Image"));
    CHECK_FALSE(nothing.given());
    CHECK_FALSE(read(BodyType::xml, body_of(" ")).given());
    CHECK_FALSE(read(BodyType::form, {}).given());
}

TEST_CASE("too many bytes are refused before they are decoded", "[http][agents]") {
    Limits limits;
    limits.max_bytes = 2;
    // The text is no base64, but its length is checked first.
    const auto arguments = read(BodyType::json, body_of(R"({"Image":"!!!!"})"));
    const auto bytes = arguments.bytes("Image", limits);
    REQUIRE(bytes.has_error());
    CHECK(bytes.error().status == 413);
    CHECK(bytes.error().observed == 3);
    CHECK(bytes.error().limit == 2);
}

} // namespace agent_arguments_test
