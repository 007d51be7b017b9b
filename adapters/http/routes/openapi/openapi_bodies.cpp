#include "routes/openapi/openapi_bodies.hpp"

#include "agents/agent_arguments.hpp"
#include "entity/blob_entity.hpp"
#include "entity/error_document.hpp"
#include "formats/xml.hpp"
#include "headers/body_types.hpp"
#include "headers/content_types.hpp"
#include "headers/negotiation.hpp"
#include "headers/plain_problem.hpp"
#include "routes/openapi/api_index.hpp"
#include "routes/table.hpp"

#include <portrait/image_format.hpp>

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

/// A GIF of one pixel, for examples of base64.
constexpr std::string_view tiny_picture = "R0lGODlhAQABAPAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=";

std::vector<std::string_view> split(std::string_view list) {
    std::vector<std::string_view> members;
    while (!list.empty()) {
        const auto comma = std::min(list.find(", "), list.size());
        members.push_back(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 2, list.size()));
    }
    return members;
}

std::vector<std::string_view> documented_picture_types() {
    std::vector<std::string_view> types;
    for (const auto format : {ImageFormat::png, ImageFormat::jpeg, ImageFormat::gif, ImageFormat::tiff})
        types.push_back(media_type(format));
    return types;
}

json::object reference(std::string_view name) {
    return {{"$ref", std::string{"#/components/schemas/"}.append(name)}};
}

json::object binary() {
    return {{"type", "string"}, {"format", "binary"}};
}

/// A kind of document: what its example is called, its schema, and its root in XML.
struct DocumentKind {
    BodyContent content;
    std::string_view name;
    std::string_view xml_root;
};

constexpr DocumentKind document_kinds[] = {
    {BodyContent::problem, "Error", "Error"},
    {BodyContent::blob_id, "BlobId", "int"},
    {BodyContent::entity, "BlobEntity", "BlobEntity"},
    {BodyContent::person_image, "PersonImage", "PersonImage"},
    {BodyContent::person_images, "PersonImages", "ArrayOfPersonImage"},
    {BodyContent::agent_picture, "Base64", "base64Binary"},
    {BodyContent::versions, "Versions", "Api"},
    {BodyContent::routes, "Routes", "Routes"},
};

const DocumentKind& kind_of(BodyContent content) {
    const auto* found = std::find_if(std::begin(document_kinds), std::end(document_kinds),
                                     [content](const DocumentKind& kind) { return kind.content == content; });
    if (found == std::end(document_kinds))
        throw std::logic_error{"a body that is no document was taken for one"};
    return *found;
}

/// Of a person's picture, as the server would show it.
ImageInfo sample_info() {
    const Actor actor{.associate_id = 5, .name = "tje0", .full_name = "Terje Example", .person_id = 12};
    const Timestamp moment = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};
    ImageInfo info{.blob_id = BlobId::from(167).value(),
                   .size = 20'480,
                   .format = ImageFormat::png,
                   .width = 320,
                   .height = 320,
                   .description = "At the annual meeting",
                   .conceptual_type = "PERSONPHOTO"};
    info.created_at = info.updated_at = info.linked_at = moment;
    info.created_by = info.updated_by = actor;
    return info;
}

json::value sample(BodyContent content) {
    const auto info = sample_info();
    switch (content) {
    case BodyContent::problem:
        return error_document(plain_problem(404, "person.unknown", "Person id 99999 not found"));
    case BodyContent::blob_id: return info.blob_id.value();
    case BodyContent::entity: return blob_entity(&info);
    case BodyContent::person_image: return json::object{{"PersonId", 0}, {"ImageData", nullptr}};
    case BodyContent::person_images:
        return json::array{json::object{{"PersonId", 1}, {"ImageData", tiny_picture}},
                           json::object{{"PersonId", 2}, {"ImageData", ""}}};
    case BodyContent::agent_picture: return json::string{tiny_picture};
    case BodyContent::versions: return api_versions();
    case BodyContent::routes: return json::object{{get_api.path, {{get_api.method, get_api.summary}}}};
    default: return nullptr;
    }
}

json::object example_reference(std::string_view name, std::string_view notation) {
    return {{"sample", {{"$ref", fmt::format("#/components/examples/{}.{}", name, notation)}}}};
}

json::object documents(BodyContent content) {
    const auto& kind = kind_of(content);
    json::object types;
    for (const auto type : response_types)
        types.emplace(
            media_type(type),
            json::object{{"schema", reference(kind.name)},
                         {"examples", example_reference(kind.name, is_xml(type) ? "xml" : "json")}});
    return types;
}

json::object agent_picture() {
    json::object types{{"application/octet-stream", json::object{{"schema", binary()}}}};
    for (const auto type : documented_picture_types())
        types.emplace(type, json::object{{"schema", binary()}});
    for (const auto& [type, media] : documents(BodyContent::agent_picture))
        types.emplace(type, media);
    return types;
}

json::object form_with_picture() {
    return {{"type", "object"}, {"required", json::array{"file"}}, {"properties", {{"file", binary()}}}};
}

json::object upload() {
    json::object types;
    for (const auto type : split(accepted_upload_types()))
        types.emplace(
            type, json::object{{"schema", type.starts_with("multipart/") ? form_with_picture() : binary()}});
    return types;
}

/// An object in every notation but the patches.
json::object notations(const json::object& schema, const json::object& example, std::string_view xml_root) {
    json::object types;
    for (const auto type : split(accepted_body_types())) {
        if (type.find("patch") != std::string_view::npos)
            continue;
        const bool xml = type.ends_with("/xml");
        types.emplace(type, json::object{{"schema", schema},
                                         {"example", xml ? json::value(xml_text(xml_root, example))
                                                         : json::value(example)}});
    }
    return types;
}

json::object entity_change() {
    const json::object change{{"Description", "At the annual meeting"}, {"ExtraInfo", "By the window"}};
    auto types = notations(reference("BlobEntityChange"), change, "BlobEntity");
    types.emplace("application/json-patch+json",
                  json::object{{"schema", reference("JsonPatch")},
                               {"example", json::array{json::object{{"op", "replace"},
                                                                    {"path", "/Description"},
                                                                    {"value", "At the annual meeting"}}}}});
    types.emplace("application/merge-patch+json",
                  json::object{{"schema", reference("BlobEntityChange")}, {"example", change}});
    return types;
}

/// An argument's schema and an example of it.
std::pair<json::object, json::value> documented(AgentArgumentType type) {
    const json::object number{{"type", "integer"}, {"format", "int32"}};
    switch (type) {
    case AgentArgumentType::number: return {number, 1};
    case AgentArgumentType::numbers:
        return {{{"type", "array"}, {"items", number}, {"maxItems", max_agent_ids}}, json::array{1, 2}};
    case AgentArgumentType::text: return {{{"type", json::array{"string", "null"}}}, "At the annual meeting"};
    case AgentArgumentType::bytes: return {reference("Base64"), json::string{tiny_picture}};
    case AgentArgumentType::either: break;
    }
    return {{{"type", json::array{"string", "integer"}}}, "PersonImage"};
}

json::object agent_arguments(const Route& route) {
    json::object properties;
    json::object example;
    for (const auto& argument : route.arguments) {
        auto [schema, value] = documented(argument.type);
        properties.emplace(argument.name, std::move(schema));
        example.emplace(argument.name, std::move(value));
    }
    return notations({{"type", "object"}, {"properties", std::move(properties)}}, example, "Arguments");
}

json::object sign_in_form() {
    return {{"application/x-www-form-urlencoded",
             {{"schema", reference("SignIn")}, {"example", {{"user", "tje0"}, {"password", "Tje0"}}}}}};
}

json::object pictures() {
    json::object types;
    for (const auto type : documented_picture_types())
        types.emplace(type, json::object{{"schema", binary()}});
    return types;
}

json::object one_type(std::string_view type, std::string_view schema_type) {
    return {{type, json::object{{"schema", {{"type", schema_type}}}}}};
}

json::object problem_or_page() {
    auto types = documents(BodyContent::problem);
    for (const auto& [type, media] : one_type("text/html", "string"))
        types.emplace(type, media);
    return types;
}

} // namespace

json::object openapi_content(BodyContent content, const Route& route) {
    switch (content) {
    case BodyContent::nothing: return {};
    case BodyContent::picture: return pictures();
    case BodyContent::upload: return upload();
    case BodyContent::entity_change: return entity_change();
    case BodyContent::agent_arguments: return agent_arguments(route);
    case BodyContent::agent_picture: return agent_picture();
    case BodyContent::openapi: return one_type("application/json", "object");
    case BodyContent::sign_in_form: return sign_in_form();
    case BodyContent::page: return one_type("text/html", "string");
    case BodyContent::problem_or_page: return problem_or_page();
    case BodyContent::text: return one_type("text/plain", "string");
    case BodyContent::problem:
    case BodyContent::blob_id:
    case BodyContent::entity:
    case BodyContent::person_image:
    case BodyContent::person_images:
    case BodyContent::versions:
    case BodyContent::routes: break;
    }
    return documents(content);
}

json::object openapi_examples() {
    json::object examples;
    for (const auto& kind : document_kinds) {
        const auto value = sample(kind.content);
        examples.emplace(fmt::format("{}.json", kind.name), json::object{{"value", value}});
        examples.emplace(fmt::format("{}.xml", kind.name),
                         json::object{{"value", xml_text(kind.xml_root, value)}});
    }
    return examples;
}

} // namespace portrait::http
