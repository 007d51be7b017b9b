#include "blob_entity.hpp"

#include "documents.hpp"

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <optional>

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

json::value associate(const Actor& actor, const json::storage_ptr& storage) {
    if (actor.associate_id == 0)
        return nullptr;
    return json::object{{{"AssociateId", actor.associate_id},
                         {"Name", actor.name},
                         {"PersonId", actor.person_id},
                         {"Rank", 0},
                         {"Tooltip", ""},
                         {"Type", "InternalAssociate"},
                         {"GroupIdx", 0},
                         {"FullName", actor.full_name},
                         {"FormalName", actor.full_name},
                         {"Deleted", false},
                         {"EjUserId", 0},
                         {"UserName", actor.name},
                         {"ExtraFields", nullptr},
                         {"CustomFields", nullptr}},
                        storage};
}

/// The same with its strings in the request's language.
ImageInfo translated(ImageInfo info, const Localization& localization) {
    for (auto* text : {&info.description, &info.extra_info, &info.conceptual_type, &info.created_by.name,
                       &info.created_by.full_name, &info.updated_by.name, &info.updated_by.full_name})
        *text = localization.text(*text);
    return info;
}

json::value date(const ImageInfo* info, Timestamp ImageInfo::*moment, const Localization& localization) {
    return info ? json::value(localization.date(info->*moment)) : json::value(nullptr);
}

/// All but the last property, FieldProperties.
json::object entity_without_fields(const ImageInfo* info, const Localization& localization,
                                   const json::storage_ptr& storage) {
    std::optional<ImageInfo> view;
    if (info != nullptr && localization.translates())
        info = &view.emplace(translated(*info, localization));
    json::object entity{storage};
    entity.reserve(15);
    entity.emplace("BlobId", info ? info->blob_id.value() : 0);
    entity.emplace("BlobSize", info ? info->size : 0);
    entity.emplace("Description", info ? std::string_view{info->description} : std::string_view{});
    entity.emplace("ExtraInfo", info ? std::string_view{info->extra_info} : std::string_view{});
    entity.emplace("IsEncrypted", false);
    entity.emplace("IsZipped", false);
    entity.emplace("MimeType", info && info->format ? media_type(*info->format) : std::string_view{});
    entity.emplace("OriginalSize", info ? info->size : 0);
    entity.emplace("CreatedDate", date(info, &ImageInfo::created_at, localization));
    entity.emplace("UpdatedDate", date(info, &ImageInfo::updated_at, localization));
    entity.emplace("CreatedBy", info ? associate(info->created_by, storage) : json::value(nullptr));
    entity.emplace("UpdatedBy", info ? associate(info->updated_by, storage) : json::value(nullptr));
    entity.emplace("ConceptualType", info ? std::string_view{info->conceptual_type} : std::string_view{});
    entity.emplace("TableRight", nullptr);
    return entity;
}

} // namespace

json::object blob_entity(const ImageInfo* info, const Localization& localization) {
    auto entity = entity_without_fields(info, localization, {});
    entity.emplace("FieldProperties", field_properties(info));
    return entity;
}

std::string blob_entity_text(ResponseType type, const ImageInfo* info, const Localization& localization) {
    if (is_xml(type) || info == nullptr)
        return document_text(type, "BlobEntity", blob_entity(info, localization));
    // FieldProperties is most of the text and always the same.
    static const auto fields =
        fmt::format(R"(,"FieldProperties":{}}})", json::serialize(field_properties(info)));
    unsigned char buffer[8 * 1024];
    json::monotonic_resource memory{buffer, sizeof buffer};
    auto text = json::serialize(entity_without_fields(info, localization, &memory));
    text.pop_back();
    return text += fields;
}

} // namespace portrait::http
