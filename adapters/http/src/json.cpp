#include "json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
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

json::object field_properties() {
    json::object properties;
    for (const auto& field : field_descriptions)
        properties.emplace(
            field.name,
            json::object{{"FieldRight", nullptr}, {"FieldType", field.type}, {"FieldLength", field.length}});
    return properties;
}

json::value associate(const Actor& actor) {
    if (actor.associate_id == 0)
        return nullptr;
    return json::object{{"AssociateId", actor.associate_id},
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
                        {"CustomFields", nullptr}};
}

} // namespace

std::string iso_date_time(Timestamp moment) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::floor<std::chrono::seconds>(moment));
}

std::string error_json(const Problem& problem) {
    json::object object{{"Error", true},
                        {"ErrorType", error_type(problem.status)},
                        {"ErrorMessage", problem.message},
                        {"ErrorSource", "portrait"},
                        {"Rule", problem.rule}};
    if (problem.observed)
        object.emplace("Observed", *problem.observed);
    if (problem.limit)
        object.emplace("Limit", *problem.limit);
    return json::serialize(object);
}

std::string blob_entity_json(const ImageInfo* info) {
    json::object entity;
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
    entity.emplace("CreatedBy", info ? associate(info->created_by) : json::value(nullptr));
    entity.emplace("UpdatedBy", info ? associate(info->updated_by) : json::value(nullptr));
    entity.emplace("ConceptualType", info ? std::string_view{info->conceptual_type} : std::string_view{});
    entity.emplace("TableRight", nullptr);
    entity.emplace("FieldProperties", info ? field_properties() : json::object{});
    return json::serialize(entity);
}

} // namespace portrait::http
