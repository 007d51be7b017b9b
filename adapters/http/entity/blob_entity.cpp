#include "entity/blob_entity.hpp"

#include "entity/documents.hpp"
#include "formats/json_object_text.hpp"

#include <boost/json/serialize.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

/// One field of BlobEntity as FieldProperties describes it.
struct FieldDescription {
    std::string_view name;
    std::string_view type;
    int length; // characters, 0 where that means nothing
};

constexpr FieldDescription field_descriptions[] = {
    {"BlobId", "System.Int32", 0},
    {"BlobSize", "System.Int32", 0},
    {"Description", "System.String", 2048},
    {"ExtraInfo", "System.String", 2048},
    {"IsEncrypted", "System.Boolean", 0},
    {"IsZipped", "System.Boolean", 0},
    {"MimeType", "System.String", 254},
    {"OriginalSize", "System.Int32", 0},
    {"CreatedDate", "System.DateTime", 0},
    {"UpdatedDate", "System.DateTime", 0},
    {"ConceptualType", "System.String", 254},
};

json::object field_properties(const ImageInfo* info) {
    json::object properties;
    if (info == nullptr)
        return properties;
    for (const auto& field : field_descriptions)
        properties.emplace(
            field.name,
            json::object{{"FieldRight", nullptr}, {"FieldType", field.type}, {"FieldLength", field.length}});
    return properties;
}

/// What both forms of an object take: a document for XML and patches, and JSON's text.
template<class Fill>
void emplace_object(json::object& object, std::string_view name, const Fill& fill) {
    json::object member;
    fill(member);
    object.emplace(name, std::move(member));
}

template<class Fill>
void emplace_object(JsonObjectText& object, std::string_view name, const Fill& fill) {
    object.emplace_object(name, fill);
}

template<class Object>
void emplace_associate(Object& entity, std::string_view name, const Actor* actor) {
    if (actor == nullptr || actor->associate_id == 0)
        return static_cast<void>(entity.emplace(name, nullptr));
    emplace_object(entity, name, [actor](auto& associate) {
        associate.emplace("AssociateId", actor->associate_id);
        associate.emplace("Name", actor->name);
        associate.emplace("PersonId", actor->person_id);
        associate.emplace("Rank", 0);
        associate.emplace("Tooltip", std::string_view{});
        associate.emplace("Type", std::string_view{"InternalAssociate"});
        associate.emplace("GroupIdx", 0);
        associate.emplace("FullName", actor->full_name);
        associate.emplace("FormalName", actor->full_name);
        associate.emplace("Deleted", false);
        associate.emplace("EjUserId", 0);
        associate.emplace("UserName", actor->name);
        associate.emplace("ExtraFields", nullptr);
        associate.emplace("CustomFields", nullptr);
    });
}

/// The same with its strings in the request's language.
ImageInfo translated(ImageInfo info, const Localization& localization) {
    for (auto* text : {&info.description, &info.extra_info, &info.conceptual_type, &info.created_by.name,
                       &info.created_by.full_name, &info.updated_by.name, &info.updated_by.full_name})
        *text = localization.text(*text);
    return info;
}

template<class Object>
void emplace_date(Object& entity, std::string_view name, const Timestamp* moment,
                  const Localization& localization) {
    if (moment == nullptr)
        entity.emplace(name, nullptr);
    else
        entity.emplace(name, localization.date(*moment));
}

/// All but the last property, FieldProperties.
template<class Object>
void fill_entity(Object& entity, const ImageInfo* info, const Localization& localization) {
    std::optional<ImageInfo> view;
    if (info != nullptr && localization.translates())
        info = &view.emplace(translated(*info, localization));
    const auto text = [info](std::string ImageInfo::*member) {
        return info ? std::string_view{info->*member} : std::string_view{};
    };
    entity.emplace("BlobId", info ? info->blob_id.value() : 0);
    entity.emplace("BlobSize", info ? info->size : 0);
    entity.emplace("Description", text(&ImageInfo::description));
    entity.emplace("ExtraInfo", text(&ImageInfo::extra_info));
    entity.emplace("IsEncrypted", false);
    entity.emplace("IsZipped", false);
    entity.emplace("MimeType", info && info->format ? media_type(*info->format) : std::string_view{});
    entity.emplace("OriginalSize", info ? info->size : 0);
    emplace_date(entity, "CreatedDate", info ? &info->created_at : nullptr, localization);
    emplace_date(entity, "UpdatedDate", info ? &info->updated_at : nullptr, localization);
    emplace_associate(entity, "CreatedBy", info ? &info->created_by : nullptr);
    emplace_associate(entity, "UpdatedBy", info ? &info->updated_by : nullptr);
    entity.emplace("ConceptualType", text(&ImageInfo::conceptual_type));
    entity.emplace("TableRight", nullptr);
}

} // namespace

json::object blob_entity(const ImageInfo* info, const Localization& localization) {
    json::object entity;
    entity.reserve(15);
    fill_entity(entity, info, localization);
    entity.emplace("FieldProperties", field_properties(info));
    return entity;
}

std::string blob_entity_text(ResponseType type, const ImageInfo* info, const Localization& localization) {
    if (is_xml(type) || info == nullptr)
        return document_text(type, "BlobEntity", blob_entity(info, localization));
    // Most of the text, and always the same.
    static const auto fields = json::serialize(field_properties(info));
    constexpr std::size_t usual_length = 1024; // of the rest
    std::string text;
    text.reserve(fields.size() + usual_length);
    JsonObjectText entity{text};
    fill_entity(entity, info, localization);
    entity.emplace_json("FieldProperties", fields);
    entity.close();
    return text;
}

} // namespace portrait::http
