#include "routes/openapi/openapi_parts.hpp"

#include "agents/agent_arguments.hpp"
#include "entity/blob_entity.hpp"
#include "entity/documents.hpp"
#include "formats/xml.hpp"
#include "headers/content_types.hpp"
#include "headers/negotiation.hpp"
#include "routes/openapi/openapi.hpp"
#include "routes/table.hpp"

#include <portrait/image_format.hpp>

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

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
    info.created_by = info.updated_by =
        Actor{.associate_id = 5, .name = "tje0", .full_name = "Terje Example", .person_id = 12};
    return blob_entity(&info);
}

/// A kind of document: the name of its schema and its examples, its root in XML, and its example.
struct DocumentKind {
    BodyContent content;
    std::string_view name;
    std::string_view xml_root;
    json::value (*example)();
};

constexpr DocumentKind document_kinds[] = {
    {BodyContent::problem, "Error", "Error",
     [] {
         return json::value(
             error_document(plain_problem(404, "person.unknown", "Person id 99999 not found")));
     }},
    {BodyContent::blob_id, "BlobId", "int", [] { return json::value(167); }},
    {BodyContent::entity, "BlobEntity", "BlobEntity", &sample_entity},
    {BodyContent::person_image, "PersonImage", "PersonImage",
     [] {
         return json::value{{"PersonId", 0}, {"ImageData", nullptr}};
     }},
    {BodyContent::person_images, "PersonImages", "ArrayOfPersonImage",
     [] {
         return json::value(json::array{json::object{{"PersonId", 1}, {"ImageData", tiny_picture}},
                                        json::object{{"PersonId", 2}, {"ImageData", ""}}});
     }},
    {BodyContent::agent_picture, "Base64", "base64Binary", [] { return json::value(tiny_picture); }},
    {BodyContent::versions, "Versions", "Api", [] { return json::value(api_versions()); }},
    {BodyContent::routes, "Routes", "Routes",
     [] {
         return json::value(json::object{{get_api.path, {{get_api.method, get_api.summary}}}});
     }},
};

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

/// Calls `visit` with each type of a list with commas.
template<class Visit>
void each_type(std::string_view list, const Visit& visit) {
    constexpr std::string_view comma = ", ";
    for (auto end = list.find(comma); end != std::string_view::npos; end = list.find(comma)) {
        visit(list.substr(0, end));
        list.remove_prefix(end + comma.size());
    }
    visit(list);
}

json::object upload() {
    const json::object form{
        {"type", "object"}, {"required", json::array{"file"}}, {"properties", {{"file", binary()}}}};
    json::object types;
    each_type(accepted_upload_types(), [&](std::string_view type) {
        types.emplace(type, json::object{{"schema", type.starts_with("multipart/") ? form : binary()}});
    });
    return types;
}

/// An object in every notation except the patches.
json::object notations(const json::object& schema, const json::object& example, std::string_view xml_root) {
    json::object types;
    each_type(accepted_body_types(), [&](std::string_view type) {
        if (type.find("patch") != std::string_view::npos)
            return;
        auto shown = type.ends_with("/xml") ? json::value(xml_text(xml_root, example)) : json::value(example);
        types.emplace(type, json::object{{"schema", schema}, {"example", std::move(shown)}});
    });
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

} // namespace

json::object openapi_content(BodyContent content, const Route& route) {
    const json::object string{{"type", "string"}};
    switch (content) {
    case BodyContent::nothing: return {};
    case BodyContent::picture: return pictures();
    case BodyContent::upload: return upload();
    case BodyContent::entity_change: return entity_change();
    case BodyContent::agent_arguments: return agent_arguments(route);
    case BodyContent::agent_picture:
        return joined(joined(media("application/octet-stream", binary()), pictures()), documents(content));
    case BodyContent::openapi: return media("application/json", {{"type", "object"}});
    case BodyContent::sign_in_form: return sign_in_form();
    case BodyContent::page: return media("text/html", string);
    case BodyContent::problem_or_page:
        return joined(documents(BodyContent::problem), media("text/html", string));
    case BodyContent::text: return media("text/plain", string);
    default: return documents(content);
    }
}

json::object openapi_examples() {
    json::object examples;
    for (const auto& kind : document_kinds) {
        const auto value = kind.example();
        examples.emplace(fmt::format("{}.json", kind.name), json::object{{"value", value}});
        examples.emplace(fmt::format("{}.xml", kind.name),
                         json::object{{"value", xml_text(kind.xml_root, value)}});
    }
    return examples;
}

} // namespace portrait::http
