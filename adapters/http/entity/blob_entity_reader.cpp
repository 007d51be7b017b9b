#include "entity/blob_entity.hpp"
#include "formats/form.hpp"
#include "formats/json_reader.hpp"
#include "formats/xml.hpp"
#include "headers/field_syntax.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

using Refusal = std::optional<Problem>;

Problem wrong_type(std::string_view property, std::string_view expected) {
    return plain_problem(400, "request.property_type", fmt::format("{} has to be {}", property, expected));
}

/// Reads an int32: a number or, as in XML and forms, digits in a string.
std::optional<std::int32_t> int32_of(const json::value& value) noexcept {
    if (const auto* number = value.if_int64())
        return std::in_range<std::int32_t>(*number) ? std::optional{static_cast<std::int32_t>(*number)}
                                                    : std::nullopt;
    const auto* string = value.if_string();
    if (string == nullptr)
        return std::nullopt;
    return parse_number<std::int32_t>(trimmed(*string, white_space));
}

Refusal demand_blob_id(ImageInfoChange& change, const json::value& value) {
    const auto number = int32_of(value);
    if (!number)
        return wrong_type("BlobId", "an int32: 0 or the id of the picture's blob");
    change.blob_id.reset();
    if (*number == 0)
        return {};
    const auto blob_id = BlobId::from(*number);
    if (!blob_id)
        return problem_of(Error{errc::info_blob_id_mismatch}, Access::write);
    change.blob_id = *blob_id;
    return {};
}

Refusal read_property(ImageInfoChange& change, std::string_view name, const json::value& value) {
    if (equal_ignoring_case(name, "BlobId"))
        return demand_blob_id(change, value);
    for (const auto& property : writable_texts) {
        if (!equal_ignoring_case(name, property.name))
            continue;
        const auto* const text = value.if_string();
        if (text == nullptr && !value.is_null())
            return wrong_type(property.name, "a string or null");
        change.*property.change = text ? std::string{*text} : std::string{};
    }
    return {};
}

[[nodiscard]] ProblemOr<ImageInfoChange> read_entity_form(std::string_view body) {
    const auto fields = read_form(body);
    if (!fields)
        return fields.error();
    ImageInfoChange change;
    for (const auto& field : *fields)
        if (auto refused = read_property(change, field.name, json::string{field.value}))
            return *std::move(refused);
    return change;
}

[[nodiscard]] ProblemOr<ImageInfoChange> read_entity_xml(std::string_view body) {
    const auto document = read_xml(body);
    if (!document)
        return document.error();
    if (!equal_ignoring_case(document->root, "BlobEntity"))
        return plain_problem(400, "request.xml_root", "The XML's root element has to be BlobEntity");
    if (document->value == "") // an element with nothing in it
        return ImageInfoChange{};
    return change_of(document->value);
}

} // namespace

ProblemOr<ImageInfoChange> change_of(const json::value& entity) {
    const auto* object = entity.if_object();
    if (object == nullptr)
        return plain_problem(400, "request.entity_type",
                             "The body has to be a BlobEntity: an object with properties");
    ImageInfoChange change;
    for (const auto& member : *object)
        if (auto refused = read_property(change, member.key(), member.value()))
            return *std::move(refused);
    return change;
}

ProblemOr<ImageInfoChange> read_blob_entity(BodyType type, std::string_view body) {
    if (type == BodyType::form)
        return read_entity_form(body);
    if (type == BodyType::xml)
        return read_entity_xml(body);
    const auto entity = read_json(body);
    if (!entity)
        return entity.error();
    return change_of(*entity);
}

} // namespace portrait::http
