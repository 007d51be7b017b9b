#include "routes/openapi/openapi.hpp"

#include "entity/carriers.hpp"

#include <boost/json/parse.hpp>

#include <string_view>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

// JSON Schema, as OpenAPI 3.1 takes it. Properties are in the order of the contract.
constexpr std::string_view schemas = R"({
"BlobId": {"type": "integer", "format": "int32", "minimum": 1, "xml": {"name": "int"}},
"Base64": {"type": ["string", "null"], "contentEncoding": "base64"},
"Associate": {"type": ["object", "null"], "properties": {
    "AssociateId": {"type": "integer", "format": "int32"},
    "Name": {"type": "string"},
    "PersonId": {"type": "integer", "format": "int32"},
    "Rank": {"type": "integer", "format": "int32"},
    "Tooltip": {"type": "string"},
    "Type": {"type": "string"},
    "GroupIdx": {"type": "integer", "format": "int32"},
    "FullName": {"type": "string"},
    "FormalName": {"type": "string"},
    "Deleted": {"type": "boolean"},
    "EjUserId": {"type": "integer", "format": "int32"},
    "UserName": {"type": "string"},
    "ExtraFields": {"type": ["object", "null"]},
    "CustomFields": {"type": ["object", "null"]},
    "TableRight": {"$ref": "#/components/schemas/Right"},
    "FieldProperties": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/FieldProperty"}}}},
"Right": {"type": ["object", "null"], "properties": {
    "Mask": {"type": "string", "description": "Names with commas, such as Select, Update, Delete, or None"},
    "Reason": {"type": "string"}}},
"FieldProperty": {"type": "object", "properties": {
    "FieldRight": {"$ref": "#/components/schemas/Right"},
    "FieldType": {"type": "string"},
    "FieldLength": {"type": "integer", "format": "int32"}}},
"BlobEntity": {"type": "object",
  "description": "What is known of a picture. Without a picture every property is empty.",
  "properties": {
    "BlobId": {"type": "integer", "format": "int32", "readOnly": true},
    "BlobSize": {"type": "integer", "format": "int32", "readOnly": true, "description": "Bytes as stored"},
    "Description": {"type": "string", "maxLength": 2048},
    "ExtraInfo": {"type": "string", "maxLength": 2048},
    "IsEncrypted": {"type": "boolean", "readOnly": true},
    "IsZipped": {"type": "boolean", "readOnly": true},
    "MimeType": {"type": "string", "readOnly": true, "description": "What the bytes are"},
    "OriginalSize": {"type": "integer", "format": "int32", "readOnly": true},
    "CreatedDate": {"type": "string", "format": "date-time", "readOnly": true},
    "UpdatedDate": {"type": "string", "format": "date-time", "readOnly": true},
    "CreatedBy": {"$ref": "#/components/schemas/Associate"},
    "UpdatedBy": {"$ref": "#/components/schemas/Associate"},
    "ConceptualType": {"type": "string", "maxLength": 254},
    "TableRight": {"$ref": "#/components/schemas/Right"},
    "FieldProperties": {"type": "object", "readOnly": true,
      "additionalProperties": {"$ref": "#/components/schemas/FieldProperty"}}}},
"BlobEntityOrNull": {"anyOf": [{"$ref": "#/components/schemas/BlobEntity"}, {"type": "null"}]},
"BlobEntityChange": {"type": "object",
  "description": "A BlobEntity or a part of one, property names in any case. What is absent stays as it is.",
  "properties": {
    "BlobId": {"type": "integer", "format": "int32", "description": "0, or the present one"},
    "Description": {"type": ["string", "null"], "maxLength": 2048},
    "ExtraInfo": {"type": ["string", "null"], "maxLength": 2048},
    "ConceptualType": {"type": ["string", "null"], "maxLength": 254}}},
"JsonPatch": {"type": "array", "maxItems": 1000, "description": "RFC 6902", "items": {
    "type": "object", "required": ["op", "path"], "properties": {
      "op": {"type": "string", "enum": ["add", "remove", "replace", "move", "copy", "test"]},
      "path": {"type": "string"},
      "from": {"type": "string"},
      "value": {}}}},
"PersonImage": {"type": "object", "properties": {
    "PersonId": {"type": "integer", "format": "int32"},
    "ImageData": {"type": ["string", "null"], "contentEncoding": "base64"}}},
"PersonImages": {"type": "array", "items": {"$ref": "#/components/schemas/PersonImage"}},
"Persons": {"type": "object", "required": ["Items", "Next"], "properties": {
    "Items": {"type": "array", "maxItems": 200, "items": {"type": "object",
      "required": ["PersonId", "FullName", "HasImage", "ETag"], "properties": {
        "PersonId": {"type": "integer", "format": "int32"},
        "FullName": {"type": "string"},
        "HasImage": {"type": "boolean"},
        "ETag": {"type": ["string", "null"], "description": "That of the picture as stored"}}}},
    "Next": {"type": ["string", "null"], "description": "The parameter after of the next page; null: this is the last"}}},
"Error": {"type": "object", "required": ["Error", "ErrorType", "ErrorMessage", "ErrorSource", "Rule"], "properties": {
    "Error": {"type": "boolean"},
    "ErrorType": {"type": "string"},
    "ErrorMessage": {"type": "string", "description": "What was wrong, and what is accepted"},
    "ErrorSource": {"type": "string"},
    "Rule": {"type": "string", "description": "A stable id"},
    "Observed": {"type": "integer", "format": "int64"},
    "Limit": {"type": "integer", "format": "int64"}}},
"Versions": {"type": "object", "required": ["ProductName", "ProductVersion", "Version", "v1", "Limits"], "properties": {
    "ProductName": {"type": "string"},
    "ProductVersion": {"type": "string"},
    "Version": {"type": "string", "description": "The newest version of the interface"},
    "v1": {"type": "string", "format": "uri", "description": "Where that version is"},
    "Limits": {"type": "object", "description": "Which pictures are accepted",
      "required": ["MaxBytes", "MaxPixels", "MaxWidth", "MaxHeight", "Formats"], "properties": {
        "MaxBytes": {"type": "integer", "format": "int64"},
        "MaxPixels": {"type": "integer", "format": "int64"},
        "MaxWidth": {"type": "integer", "format": "int64"},
        "MaxHeight": {"type": "integer", "format": "int64"},
        "Formats": {"type": "array", "description": "Media types", "items": {"type": "string"}}}}}},
"Routes": {"type": "object", "description": "URL of a route: method: summary", "additionalProperties":
    {"type": "object", "additionalProperties": {"type": "string"}}},
"TenantState": {"type": "object",
  "required": ["ContextIdentifier", "Endpoint", "State", "IsRunning", "ValidUntil", "Api"], "properties": {
    "ContextIdentifier": {"type": "string"},
    "Endpoint": {"type": "string", "format": "uri"},
    "State": {"type": "string"},
    "IsRunning": {"type": "boolean"},
    "ValidUntil": {"type": "string", "format": "date-time", "description": "When to ask again"},
    "Api": {"type": "string", "format": "uri"}}},
"SignIn": {"type": "object", "required": ["user", "password"], "properties": {
    "user": {"type": "string"},
    "password": {"type": "string", "format": "password"}}}
})";

constexpr std::string_view parameters = R"({
"personId": {"name": "personId", "in": "path", "required": true, "description": "The person",
  "schema": {"type": "integer", "format": "int32", "minimum": 1}, "example": 1},
"tenant": {"name": "tenant", "in": "path", "required": true, "description": "The tenant's context identifier",
  "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}, "example": "Cust12345"},
"blobEntityId": {"name": "blobEntityId", "in": "query", "required": true, "description": "The blob",
  "schema": {"type": "integer", "format": "int32", "minimum": 1}, "example": 167},
"select": {"name": "$select", "in": "query", "description": "The properties that are wanted, with commas",
  "schema": {"type": "string"}, "example": "BlobId,Description"},
"personEntityId": {"name": "personEntityId", "in": "query", "description": "The person; may be in the body as PersonId",
  "schema": {"type": "integer", "format": "int32", "minimum": 1}, "example": 1},
"personIdInQuery": {"name": "personId", "in": "query", "description": "The person; may be in the body as PersonId",
  "schema": {"type": "integer", "format": "int32", "minimum": 1}, "example": 1},
"search": {"name": "search", "in": "query", "description": "An id, or a part of the full name in any case",
  "schema": {"type": "string", "maxLength": 255}, "example": "terje"},
"hasImage": {"name": "hasImage", "in": "query", "description": "Only persons with a picture, or only those without",
  "schema": {"type": "boolean"}, "example": true},
"after": {"name": "after", "in": "query", "description": "Next of the page before",
  "schema": {"type": "string"}, "example": "0"},
"limit": {"name": "limit", "in": "query", "description": "Most persons of the page, which may have fewer",
  "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "example": 20},
"w": {"name": "w", "in": "query", "description": "Pixels that the picture is scaled to fit; 0 leaves the side free",
  "schema": {"type": "integer", "minimum": 0, "maximum": 4096}},
"h": {"name": "h", "in": "query", "description": "Pixels that the picture is scaled to fit; 0 leaves the side free",
  "schema": {"type": "integer", "minimum": 0, "maximum": 4096}},
"crop": {"name": "crop", "in": "query", "description": "The box of w and h is filled, and the rest of the picture cut off: evenly, or where it attracts least attention",
  "schema": {"type": "string", "enum": ["centre", "attention"]}},
"type": {"name": "type", "in": "query", "description": "What the picture is converted to, in any case",
  "schema": {"type": "string", "enum": ["JPEG", "PNG", "GIF"]}},
"ifBlank": {"name": "ifBlank", "in": "query", "description": "What stands in for a picture that is not there, in any case, or its number from 0 to 5",
  "schema": {"type": "string", "default": "Null",
    "enum": ["Default", "ClearPixel", "SrNoPhoto", "SrNoPhotoWithBorder", "GenericFileIcon", "Null"]}},
"Accept-Language": {"name": "Accept-Language", "in": "header", "description": "The language of texts",
  "schema": {"type": "string"}, "example": "nb-NO, en;q=0.5"},
"SO-Language": {"name": "SO-Language", "in": "header", "description": "The same; overrides Accept-Language",
  "schema": {"type": "string"}, "example": "no"},
"SO-Culture": {"name": "SO-Culture", "in": "header", "description": "How dates and numbers in texts are written",
  "schema": {"type": "string"}, "example": "nb-NO"},
"SO-TimeZone": {"name": "SO-TimeZone", "in": "header",
  "description": "A time zone's number, short name or IANA name, perhaps with includeTZOffset",
  "schema": {"type": "string"}, "example": "NO,includeTZOffset"},
"SO-AppToken": {"name": "SO-AppToken", "in": "header", "description": "The partner application",
  "schema": {"type": "string"}},
"X-Request-Id": {"name": "X-Request-Id", "in": "header", "description": "The answer and the log name it",
  "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}},
"If-Match": {"name": "If-Match", "in": "header", "schema": {"type": "string"}, "example": "\"167.5.3\""},
"If-None-Match": {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}, "example": "\"167.5.3\""},
"If-Modified-Since": {"name": "If-Modified-Since", "in": "header", "schema": {"type": "string"}},
"If-Unmodified-Since": {"name": "If-Unmodified-Since", "in": "header", "schema": {"type": "string"}},
"If-Range": {"name": "If-Range", "in": "header", "schema": {"type": "string"}},
"Range": {"name": "Range", "in": "header", "schema": {"type": "string"}, "example": "bytes=0-1023"}
})";

constexpr std::string_view headers = R"({
"X-Request-Id": {"required": true, "schema": {"type": "string"}},
"ETag": {"schema": {"type": "string"}},
"Last-Modified": {"schema": {"type": "string"}},
"Content-Language": {"description": "Of the texts, where a language was asked for", "schema": {"type": "string"}},
"SO-TimeZone": {"description": "The zone that was asked for", "schema": {"type": "string"}},
"X-Image-Width": {"description": "Pixels", "required": true, "schema": {"type": "integer"}},
"X-Image-Height": {"description": "Pixels", "required": true, "schema": {"type": "integer"}},
"X-Image-Type": {"description": "The media type in which the picture is stored", "required": true, "schema": {"type": "string"}},
"X-Image-ETag": {"description": "The new ETag, where the stored bytes differ from the body", "schema": {"type": "string"}},
"Content-Range": {"required": true, "schema": {"type": "string"}},
"Location": {"required": true, "schema": {"type": "string"}},
"Set-Cookie": {"required": true, "schema": {"type": "string"}},
"Accept": {"description": "What is accepted", "schema": {"type": "string"}},
"Allow": {"description": "The methods of the path", "required": true, "schema": {"type": "string"}},
"Retry-After": {"description": "Seconds", "required": true, "schema": {"type": "integer"}},
"WWW-Authenticate": {"description": "The schemes that are on", "schema": {"type": "string"}}
})";

constexpr std::string_view security_schemes = R"({
"Basic": {"type": "http", "scheme": "basic", "description": "User and password, UTF-8"},
"SoTicket": {"type": "apiKey", "in": "header", "name": "Authorization",
  "description": "`SoTicket` and the ticket as it is, such as `SoTicket 7T:…`"},
"Bearer": {"type": "http", "scheme": "bearer", "description": "The access token as it is, such as `8A:…`"},
"Session": {"type": "apiKey", "in": "cookie", "name": "PORTRAIT_SESSION",
  "description": "Signing in at /session sets it. Over TLS its name begins with `__Host-`, below a base path with `__Secure-`"},
"XsrfToken": {"type": "apiKey", "in": "header", "name": "X-XSRF-TOKEN",
  "description": "The value of the cookie XSRF-TOKEN; needed beside the session's cookie"}
})";

json::object parsed(std::string_view text) {
    return json::parse(json::string_view{text.data(), text.size()}).as_object();
}

/// A scheme of `security_schemes` and its switch.
struct SecurityScheme {
    std::string_view name;
    bool AuthenticationSchemes::*is_on;
};

constexpr SecurityScheme switches[] = {{"Basic", &AuthenticationSchemes::basic},
                                       {"SoTicket", &AuthenticationSchemes::so_ticket},
                                       {"Bearer", &AuthenticationSchemes::bearer},
                                       {"Session", &AuthenticationSchemes::session},
                                       {"XsrfToken", &AuthenticationSchemes::session}};

} // namespace

json::object openapi_components(const AuthenticationSchemes& schemes) {
    auto documented = parsed(security_schemes);
    for (const auto& scheme : switches)
        if (!(schemes.*scheme.is_on))
            documented.erase(scheme.name);
    auto documents = parsed(schemas);
    documents.emplace("PersonEntity", carrier_schema(person_entity_members(), false));
    documents.emplace("PersonEntityOrNull", carrier_schema(person_entity_members(), true));
    documents.emplace("Person", carrier_schema(simple_person_members(), false));
    documents.emplace("PersonOrNull", carrier_schema(simple_person_members(), true));
    documents.emplace("Principal", carrier_schema(principal_members(), false));
    return {{"schemas", std::move(documents)},
            {"parameters", parsed(parameters)},
            {"headers", parsed(headers)},
            {"examples", openapi_examples()},
            {"securitySchemes", std::move(documented)}};
}

json::array openapi_security(const AuthenticationSchemes& schemes) {
    json::array alternatives;
    for (const auto& scheme : switches) {
        if (!(schemes.*scheme.is_on))
            continue;
        if (scheme.name != "XsrfToken") // which a session needs beside its cookie
            alternatives.emplace_back(json::object{});
        alternatives.back().as_object().emplace(scheme.name, json::array{});
    }
    return alternatives;
}

} // namespace portrait::http
