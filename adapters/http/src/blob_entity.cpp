#include "blob_entity.hpp"

#include "documents.hpp"

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdint>

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

/// All but the last property, FieldProperties.
json::object entity_without_fields(const ImageInfo* info, const json::storage_ptr& storage) {
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
    entity.emplace("CreatedDate", info ? json::value(iso_date_time(info->created_at)) : json::value(nullptr));
    entity.emplace("UpdatedDate", info ? json::value(iso_date_time(info->updated_at)) : json::value(nullptr));
    entity.emplace("CreatedBy", info ? associate(info->created_by, storage) : json::value(nullptr));
    entity.emplace("UpdatedBy", info ? associate(info->updated_by, storage) : json::value(nullptr));
    entity.emplace("ConceptualType", info ? std::string_view{info->conceptual_type} : std::string_view{});
    entity.emplace("TableRight", nullptr);
    return entity;
}

} // namespace

std::string iso_date_time(Timestamp moment) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::floor<std::chrono::seconds>(moment));
}

json::object blob_entity(const ImageInfo* info) {
    auto entity = entity_without_fields(info, {});
    entity.emplace("FieldProperties", field_properties(info));
    return entity;
}

std::string blob_entity_text(ResponseType type, const ImageInfo* info) {
    if (is_xml(type) || info == nullptr)
        return document_text(type, "BlobEntity", blob_entity(info));
    // FieldProperties is most of the text and always the same.
    static const auto fields = fmt::format(R"(,"FieldProperties":{}}})", json::serialize(field_properties(info)));
    unsigned char buffer[8 * 1024];
    json::monotonic_resource memory{buffer, sizeof buffer};
    auto text = json::serialize(entity_without_fields(info, &memory));
    text.pop_back();
    return text += fields;
}

} // namespace portrait::http
