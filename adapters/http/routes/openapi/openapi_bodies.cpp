#include "routes/openapi/openapi.hpp"

#include "agents/agent_arguments.hpp"
#include "entity/blob_entity.hpp"
#include "entity/carriers.hpp"
#include "entity/documents.hpp"
#include "formats/xml.hpp"
#include "headers/content_types.hpp"
#include "headers/negotiation.hpp"
#include "routes/table.hpp"

#include <portrait/image_format.hpp>

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait::http {

namespace json = boost::json;

namespace {

/// A GIF of one pixel, for examples of base64.
constexpr std::string_view tiny_picture = "R0lGODlhAQABAPAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=";

json::object reference(std::string_view name) {
    return {{"$ref", std::string{"#/components/schemas/"}.append(name)}};
}

json::object binary() {
    return {{"type", "string"}, {"format", "binary"}};
}

/// A media type with a schema and no example.
json::object media(std::string_view type, const json::object& schema) {
    return {{type, json::object{{"schema", schema}}}};
}

Actor sample_actor() {
    return {.associate_id = 5, .name = "tje0", .full_name = "Terje Example", .person_id = 12};
}

KnownPerson sample_person() {
    return KnownPerson::named(PersonId::from(12).value(), sample_actor().full_name);
}

json::object sample_persons() {
    return {{"Items",
             {{{"PersonId", 12}, {"FullName", "Terje Example"}, {"HasImage", true}, {"ETag", "\"167.5.3\""}},
              {{"PersonId", 13}, {"FullName", "Åse Example"}, {"HasImage", false}, {"ETag", nullptr}}}},
            {"Next", "13"}};
}

/// The BlobEntity of a person's picture.
json::value sample_entity() {
    ImageInfo info{.blob_id = BlobId::from(167).value(),
                   .size = 20'480,
                   .format = ImageFormat::png,
                   .width = 320,
                   .height = 320,
                   .description = "At the annual meeting",
                   .conceptual_type = "PERSONPHOTO"};
    info.created_at = info.updated_at = info.linked_at =
        std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};
    info.created_by = info.updated_by = sample_actor();
    return blob_entity(&info);
}

/// A kind of document: the name of its schema and its examples, and its root in XML.
struct DocumentKind {
    BodyContent content;
    std::string_view name;
    std::string_view xml_root;
};

constexpr DocumentKind document_kinds[] = {
    {BodyContent::problem, "Error", "Error"},
    {BodyContent::blob_id, "BlobId", "int"},
    {BodyContent::entity, "BlobEntity", "BlobEntity"},
    {BodyContent::entity_or_null, "BlobEntityOrNull", "BlobEntity"},
    {BodyContent::person_image, "PersonImage", "PersonImage"},
    {BodyContent::person_images, "PersonImages", "ArrayOfPersonImage"},
    {BodyContent::person_entity, "PersonEntity", "PersonEntity"},
    {BodyContent::person, "Person", "Person"},
    {BodyContent::person_entity_or_null, "PersonEntityOrNull", "PersonEntity"},
    {BodyContent::person_or_null, "PersonOrNull", "Person"},
    {BodyContent::persons, "Persons", "Persons"},
    {BodyContent::principal, "Principal", "SoPrincipalCarrier"},
    {BodyContent::agent_picture, "Base64", "base64Binary"},
    {BodyContent::versions, "Versions", "Api"},
    {BodyContent::routes, "Routes", "Routes"},
    {BodyContent::tenant_state, "TenantState", "TenantState"}};

/// The endpoint of examples.
constexpr std::string_view sample_url = "https://pictures.example.com/Cust12345";

json::value example_of(BodyContent content) {
    switch (content) {
    case BodyContent::problem:
        return error_document(plain_problem(404, "person.unknown", "Person id 99999 not found"));
    case BodyContent::blob_id: return 167;
    case BodyContent::entity:
    case BodyContent::entity_or_null: return sample_entity();
    case BodyContent::person_image: return {{"PersonId", 0}, {"ImageData", nullptr}};
    case BodyContent::person_images:
        return {{{"PersonId", 1}, {"ImageData", tiny_picture}}, {{"PersonId", 2}, {"ImageData", ""}}};
    case BodyContent::person_entity:
    case BodyContent::person_entity_or_null: return person_entity(sample_person());
    case BodyContent::person:
    case BodyContent::person_or_null: return simple_person(sample_person());
    case BodyContent::persons: return sample_persons();
    case BodyContent::principal:
        return principal_carrier({.name = sample_actor().name, .actor = sample_actor(), .may_write = true});
    case BodyContent::agent_picture: return json::string{tiny_picture};
    case BodyContent::versions: return api_versions(std::string{sample_url}.append(get_api_v1.path), {}, {});
    case BodyContent::tenant_state:
        return {{"ContextIdentifier", "Cust12345"},
                {"Endpoint", sample_url},
                {"State", "Running"},
                {"IsRunning", true},
                {"ValidUntil", "2026-11-23T00:00:00Z"},
                {"Api", std::string{sample_url}.append(get_api.path)}};
    default:
        return json::object{
            {std::string{sample_url}.append(get_api.path), {{get_api.method, get_api.summary}}}};
    }
}

json::object documents(BodyContent content) {
    json::object types;
    for (const auto& kind : document_kinds) {
        if (kind.content != content)
            continue;
        for (const auto type : response_types) {
            const auto example =
                fmt::format("#/components/examples/{}.{}", kind.name, is_xml(type) ? "xml" : "json");
            types.emplace(media_type(type), json::object{{"schema", reference(kind.name)},
                                                         {"examples", {{"sample", {{"$ref", example}}}}}});
        }
    }
    return types;
}

json::object pictures() {
    json::object types;
    for (const auto format : all_image_formats)
        types.emplace(media_type(format), json::object{{"schema", binary()}});
    return types;
}

json::object joined(json::object types, const json::object& more) {
    types.insert(more.begin(), more.end());
    return types;
}

std::vector<std::string> types_in(std::string_view list) {
    std::vector<std::string> types;
    return boost::algorithm::split(types, list, boost::algorithm::is_any_of(", "),
                                   boost::algorithm::token_compress_on);
}

/// The body of a picture that is uploaded in one of the types, or in a form.
json::object upload(std::string_view accepted) {
    const json::object form{
        {"type", "object"}, {"required", json::array{"file"}}, {"properties", {{"file", binary()}}}};
    json::object types;
    for (const auto& type : types_in(accepted))
        types.emplace(type, json::object{{"schema", type.starts_with("multipart/") ? form : binary()}});
    return types;
}

/// An object in every notation except the patches.
json::object notations(const json::object& schema, const json::object& example, std::string_view xml_root) {
    json::object types;
    for (const auto& type : types_in(accepted_body_types())) {
        if (type.find("patch") != std::string::npos)
            continue;
        auto shown = type.ends_with("/xml") ? json::value(xml_text(xml_root, example)) : json::value(example);
        types.emplace(type, json::object{{"schema", schema}, {"example", std::move(shown)}});
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
    for (const auto& argument : route.arguments)
        properties.emplace(argument.name, documented(argument.type).first);
    return notations({{"type", "object"}, {"properties", std::move(properties)}}, example_arguments(route),
                     "Arguments");
}

json::object sign_in_form() {
    return {{"application/x-www-form-urlencoded",
             {{"schema", reference("SignIn")}, {"example", {{"user", "tje0"}, {"password", "Tje0"}}}}}};
}

} // namespace

json::object openapi_content(BodyContent content, const Route& route) {
    const json::object string{{"type", "string"}};
    switch (content) {
    case BodyContent::nothing: return {};
    case BodyContent::picture: return pictures();
    case BodyContent::entity_change: return entity_change();
    case BodyContent::agent_arguments: return agent_arguments(route);
    case BodyContent::agent_picture:
        return joined(joined(media("application/octet-stream", binary()), pictures()), documents(content));
    case BodyContent::versions: return joined(documents(content), media("text/html", string));
    case BodyContent::openapi: return media("application/json", {{"type", "object"}});
    case BodyContent::sign_in_form: return sign_in_form();
    case BodyContent::page: return media("text/html", string);
    case BodyContent::problem: return joined(documents(BodyContent::problem), media("text/html", string));
    case BodyContent::text: return media("text/plain", string);
    default: return documents(content);
    }
}

json::object example_arguments(const Route& route) {
    json::object example;
    for (const auto& argument : route.arguments)
        example.emplace(argument.name, documented(argument.type).second);
    return example;
}

json::object openapi_request(const Route& route, const EndpointOptions& options) {
    const auto content = route.document.request;
    return content == BodyContent::upload ? upload(route.accepts(options)) : openapi_content(content, route);
}

json::object openapi_examples() {
    json::object examples;
    for (const auto& kind : document_kinds) {
        const auto value = example_of(kind.content);
        examples.emplace(fmt::format("{}.json", kind.name), json::object{{"value", value}});
        examples.emplace(fmt::format("{}.xml", kind.name),
                         json::object{{"value", xml_text(kind.xml_root, value)}});
    }
    return examples;
}

} // namespace portrait::http
