#include "entity/blob_entity.hpp"

#include "entity/documents.hpp"
#include "formats/form.hpp"
#include "formats/json_reader.hpp"
#include "formats/xml.hpp"
#include "headers/field_syntax.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

/// One field of BlobEntity as FieldProperties describes it.
struct FieldDescription {
    std::string_view name;
    std::string_view type;
    int length; // of a text in characters, of other types in bytes
    bool is_writable = false;
};

constexpr FieldDescription field_descriptions[] = {
    {"BlobId", "System.Int32", 4},
    {"BlobSize", "System.Int32", 4},
    {"Description", "System.String", 2048, true},
    {"ExtraInfo", "System.String", 2048, true},
    {"IsEncrypted", "System.Boolean", 2},
    {"IsZipped", "System.Boolean", 2},
    {"MimeType", "System.String", 254},
    {"OriginalSize", "System.Int32", 4},
    {"CreatedDate", "System.DateTime", 16},
    {"UpdatedDate", "System.DateTime", 16},
    {"ConceptualType", "System.String", 254, true},
};

json::object right(std::string_view mask) {
    return {{"Mask", mask}, {"Reason", ""}};
}

json::object field_properties(const ImageInfo* info, bool may_write) {
    json::object properties;
    if (info == nullptr)
        return properties;
    for (const auto& field : field_descriptions)
        properties.emplace(
            field.name,
            json::object{{"FieldRight", right(may_write && field.is_writable ? "Update" : "None")},
                         {"FieldType", field.type},
                         {"FieldLength", field.length}});
    return properties;
}

void emplace_associate(json::object& entity, std::string_view name, const Actor* actor) {
    auto& associate = entity[name];
    if (actor == nullptr || actor->associate_id == 0)
        return;
    associate = {{"AssociateId", actor->associate_id},
                 {"Name", actor->name},
                 {"PersonId", actor->person_id},
                 {"Rank", 0},
                 {"Tooltip", ""},
                 {"Type", "InternalAssociate"},
                 {"GroupIdx", 0},
                 {"FullName", actor->full_name},
                 {"FormalName", actor->full_name},
                 {"Deleted", false},
                 {"EjUserId", 0},
                 {"UserName", actor->name},
                 {"ExtraFields", nullptr},
                 {"CustomFields", nullptr},
                 {"TableRight", right("Select")},
                 {"FieldProperties", json::object{}}};
}

/// Translates the strings to the request's language.
ImageInfo translated(ImageInfo info, const Localization& localization) {
    for (auto* text : localized_texts(info))
        *text = localization.text(*text);
    return info;
}

/// Adds all properties but the last, FieldProperties.
void fill_entity(json::object& entity, const ImageInfo* info, const Localization& localization,
                 bool may_write) {
    std::optional<ImageInfo> view;
    if (info != nullptr && localization.translates())
        info = &view.emplace(translated(*info, localization));
    const auto emplace_text = [&](std::string_view name, std::string ImageInfo::*member) {
        entity.emplace(name, info ? std::string_view{info->*member} : std::string_view{});
    };
    const auto emplace_date = [&](std::string_view name, Timestamp ImageInfo::*member) {
        if (info != nullptr)
            entity.emplace(name, localization.date(info->*member));
        else
            entity.emplace(name, no_date);
    };
    entity.emplace("BlobId", info ? info->blob_id.value() : 0);
    entity.emplace("BlobSize", info ? info->size : 0);
    emplace_text("Description", &ImageInfo::description);
    emplace_text("ExtraInfo", &ImageInfo::extra_info);
    entity.emplace("IsEncrypted", false);
    entity.emplace("IsZipped", false);
    entity.emplace("MimeType", info && info->format ? media_type(*info->format) : std::string_view{});
    entity.emplace("OriginalSize", info ? info->size : 0);
    emplace_date("CreatedDate", &ImageInfo::created_at);
    emplace_date("UpdatedDate", &ImageInfo::updated_at);
    emplace_associate(entity, "CreatedBy", info ? &info->created_by : nullptr);
    emplace_associate(entity, "UpdatedBy", info ? &info->updated_by : nullptr);
    emplace_text("ConceptualType", &ImageInfo::conceptual_type);
    auto& table_right = entity["TableRight"];
    if (info != nullptr)
        table_right = right(may_write ? "Select, Update, Delete" : "Select");
}

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
        return problem_of(
            Error{errc::info_blob_id_mismatch,
                  fmt::format("The BlobId {} is not the one of this picture; 0 or its blob id is accepted",
                              *number)},
            Access::write);
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

} // namespace

void describe_texts(Response& response, const ImageInfo* info, const Localization& localization) {
    if (info == nullptr)
        return localization.describe(response, {});
    const auto texts = localized_texts(*info);
    localization.describe(response, texts);
}

json::object blob_entity(const ImageInfo* info, const Localization& localization, bool may_write) {
    json::object entity;
    entity.reserve(15);
    fill_entity(entity, info, localization, may_write);
    entity.emplace("FieldProperties", field_properties(info, may_write));
    return entity;
}

std::string blob_entity_text(ResponseType type, const ImageInfo* info, const Localization& localization,
                             bool may_write) {
    if (is_xml(type) || info == nullptr)
        return document_text(type, "BlobEntity", blob_entity(info, localization, may_write));
    // FieldProperties are most of the text, and constant.
    const auto fields_for = [info](bool writer) {
        return R"(,"FieldProperties":)" + json::serialize(field_properties(info, writer)) + '}';
    };
    static const std::array fields{fields_for(false), fields_for(true)};
    std::array<unsigned char, 6144> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by json
    json::monotonic_resource memory{buffer.data(), buffer.size()};
    json::object entity{&memory};
    entity.reserve(15);
    fill_entity(entity, info, localization, may_write);
    auto text = json::serialize(entity);
    text.pop_back();
    return text.append(fields.at(may_write ? 1 : 0));
}

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
    if (type == BodyType::form) {
        const auto fields = read_form(body);
        if (!fields)
            return fields.error();
        ImageInfoChange change;
        for (const auto& field : *fields)
            if (auto refused = read_property(change, field.name, json::string{field.value}))
                return *std::move(refused);
        return change;
    }
    if (type == BodyType::xml) {
        const auto document = read_xml(body);
        if (!document)
            return document.error();
        if (!equal_ignoring_case(document->root, "BlobEntity"))
            return plain_problem(400, "request.xml_root", "The XML's root element has to be BlobEntity");
        if (document->value == "") // an element with nothing in it
            return ImageInfoChange{};
        return change_of(document->value);
    }
    const auto entity = read_json(body);
    if (!entity)
        return entity.error();
    return change_of(*entity);
}

} // namespace portrait::http
