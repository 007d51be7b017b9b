#include "entity/carriers.hpp"

#include "entity/documents.hpp"

#include <boost/json/array.hpp>

namespace portrait::http {

namespace json = boost::json;

namespace {

namespace carriers {

using enum MemberType;

constexpr CarrierMember entity_members[] = {{"PersonId", number},
                                            {"Firstname", text},
                                            {"MiddleName", text},
                                            {"Lastname", text},
                                            {"Mrmrs", text},
                                            {"Title", text},
                                            {"UpdatedDate", date},
                                            {"CreatedDate", date},
                                            {"BirthDate", date},
                                            {"CreatedBy", entity},
                                            {"Emails", list},
                                            {"Description", text},
                                            {"IsAssociate", flag},
                                            {"PrivatePhones", list},
                                            {"Faxes", list},
                                            {"MobilePhones", list},
                                            {"OfficePhones", list},
                                            {"OtherPhones", list},
                                            {"Position", entity},
                                            {"UpdatedBy", entity},
                                            {"Contact", entity},
                                            {"Country", entity},
                                            {"Interests", list},
                                            {"PersonNumber", text},
                                            {"FullName", text},
                                            {"NoMailing", flag},
                                            {"UsePersonAddress", flag},
                                            {"Retired", flag},
                                            {"Urls", list},
                                            {"FormalName", text},
                                            {"Address", entity},
                                            {"Post3", text},
                                            {"Post2", text},
                                            {"Post1", text},
                                            {"Kanalname", text},
                                            {"Kanafname", text},
                                            {"CorrespondingAssociate", entity},
                                            {"Category", entity},
                                            {"Business", entity},
                                            {"Associate", entity},
                                            {"Salutation", text},
                                            {"ActiveInterests", number},
                                            {"SupportAssociate", entity},
                                            {"TicketPriority", entity},
                                            {"CustomerLanguage", entity},
                                            {"DbiAgentId", number},
                                            {"DbiKey", text},
                                            {"DbiLastModified", date},
                                            {"DbiLastSyncronized", date},
                                            {"SentInfo", number},
                                            {"ShowContactTickets", number},
                                            {"UserInfo", entity},
                                            {"ChatEmails", list},
                                            {"InternetPhones", list},
                                            {"Source", number},
                                            {"ActiveErpLinks", number},
                                            {"ShipmentTypes", list},
                                            {"Consents", list},
                                            {"BounceEmails", list},
                                            {"ActiveStatusMonitorId", number},
                                            {"CreatedByFormId", number},
                                            {"UserDefinedFields", dictionary},
                                            {"ExtraFields", dictionary},
                                            {"CustomFields", dictionary},
                                            {"TableRight", entity},
                                            {"FieldProperties", dictionary}};

constexpr CarrierMember simple_members[] = {{"Position", text},
                                            {"PersonId", number},
                                            {"Mrmrs", text},
                                            {"Firstname", text},
                                            {"Lastname", text},
                                            {"MiddleName", text},
                                            {"Title", text},
                                            {"Description", text},
                                            {"Email", text},
                                            {"FullName", text},
                                            {"DirectPhone", text},
                                            {"FormalName", text},
                                            {"CountryId", number},
                                            {"ContactId", number},
                                            {"ContactName", text},
                                            {"Retired", number},
                                            {"Rank", number},
                                            {"ActiveInterests", number},
                                            {"ContactDepartment", text},
                                            {"ContactCountryId", number},
                                            {"ContactOrgNr", text},
                                            {"FaxPhone", text},
                                            {"MobilePhone", text},
                                            {"ContactPhone", text},
                                            {"AssociateName", text},
                                            {"AssociateId", number},
                                            {"UsePersonAddress", flag},
                                            {"ContactFax", text},
                                            {"Kanafname", text},
                                            {"Kanalname", text},
                                            {"Post1", text},
                                            {"Post2", text},
                                            {"Post3", text},
                                            {"EmailName", text},
                                            {"ContactFullName", text},
                                            {"ActiveErpLinks", number},
                                            {"TicketPriorityId", number},
                                            {"SupportLanguageId", number},
                                            {"SupportAssociateId", number},
                                            {"CategoryName", text},
                                            {"TableRight", entity},
                                            {"FieldProperties", dictionary}};

constexpr CarrierMember caller_members[] = {{"UserType", text},        {"Associate", text},
                                            {"AssociateId", number},   {"IsPerson", flag},
                                            {"PersonId", number},      {"CountryId", number},
                                            {"HomeCountryId", number}, {"ContactId", number},
                                            {"GroupId", number},       {"BusinessId", number},
                                            {"CategoryId", number},    {"ContactOwner", number},
                                            {"RoleId", number},        {"RoleName", text},
                                            {"RoleDescription", text}, {"RoleType", text},
                                            {"Licenses", list},        {"FullName", text},
                                            {"EMailAddress", text},    {"FunctionRights", list},
                                            {"EjUserId", number},      {"EjAccessLevel", number},
                                            {"EjUserStatus", text},    {"ProvidedCredentials", list},
                                            {"SecondaryGroups", list}, {"DatabaseContextIdentifier", text},
                                            {"UserName", text}};

} // namespace carriers

json::value empty_value(MemberType type) {
    using enum MemberType;
    switch (type) {
    case number: return 0;
    case text: return json::string{};
    case flag: return false;
    case date: return json::string{no_date};
    case list: return json::array{};
    case dictionary: return json::object{};
    case entity: break;
    }
    return nullptr;
}

json::object empty_carrier(std::span<const CarrierMember> members) {
    json::object carrier;
    carrier.reserve(members.size());
    for (const auto& [name, type] : members)
        carrier.emplace(name, empty_value(type));
    return carrier;
}

/// An empty document with the members that PersonEntity and Person share.
json::object about(const KnownPerson& person, std::span<const CarrierMember> members) {
    auto carrier = empty_carrier(members);
    carrier["PersonId"] = person.id.value();
    carrier["Firstname"] = person.first_name;
    carrier["MiddleName"] = person.middle_name;
    carrier["Lastname"] = person.last_name;
    carrier["FullName"] = person.full_name;
    carrier["FormalName"] = person.full_name;
    return carrier;
}

json::object schema_of(MemberType type) {
    using enum MemberType;
    switch (type) {
    case number: return {{"type", "integer"}, {"format", "int32"}};
    case flag: return {{"type", "boolean"}};
    case list: return {{"type", "array"}, {"items", json::object{}}};
    case dictionary: return {{"type", "object"}};
    case entity: return {{"type", json::array{"object", "null"}}};
    case text:
    case date: break;
    }
    return {{"type", "string"}};
}

} // namespace

std::span<const CarrierMember> person_entity_members() noexcept {
    return carriers::entity_members;
}

std::span<const CarrierMember> simple_person_members() noexcept {
    return carriers::simple_members;
}

std::span<const CarrierMember> principal_members() noexcept {
    return carriers::caller_members;
}

json::object person_entity(const KnownPerson& person) {
    return about(person, carriers::entity_members);
}

json::object simple_person(const KnownPerson& person) {
    return about(person, carriers::simple_members);
}

json::object principal_carrier(const Principal& principal) {
    const auto& actor = principal.actor;
    auto carrier = empty_carrier(carriers::caller_members);
    carrier["UserType"] = actor.associate_id != 0 ? "InternalAssociate" : "Unknown";
    carrier["Associate"] = actor.name;
    carrier["AssociateId"] = actor.associate_id;
    carrier["IsPerson"] = actor.person_id != 0;
    carrier["PersonId"] = actor.person_id;
    carrier["RoleType"] = "Employee";
    carrier["FullName"] = actor.full_name;
    carrier["FunctionRights"] = principal.may_write ? json::array{"read", "write"} : json::array{"read"};
    carrier["EjUserStatus"] = "StatusNone";
    carrier["UserName"] = principal.name;
    return carrier;
}

json::object carrier_schema(std::span<const CarrierMember> members, bool may_be_null) {
    json::object properties;
    for (const auto& [name, type] : members)
        properties.emplace(name, schema_of(type));
    json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (may_be_null)
        schema["type"] = {"object", "null"};
    return schema;
}

} // namespace portrait::http
