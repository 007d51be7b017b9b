#pragma once

#include <portrait/http/authenticator.hpp>
#include <portrait/person_directory.hpp>

#include <boost/json/object.hpp>

#include <span>
#include <string_view>

/// The vendor's documents about persons and callers, with every member of the vendor's pages in their order.
/// Members that nothing here fills have an empty value.
namespace portrait::http {

/// The type of a member; each has an empty value.
enum class MemberType {
    number,     ///< int32: 0
    text,       ///< ""
    flag,       ///< false
    date,       ///< `no_date`
    list,       ///< []
    dictionary, ///< {}
    entity,     ///< another document: null
};

/// A member of a document.
struct CarrierMember {
    std::string_view name;
    MemberType type;
};

/// The members of PersonEntity, of Person and of SoPrincipalCarrier.
std::span<const CarrierMember> person_entity_members() noexcept;
std::span<const CarrierMember> simple_person_members() noexcept;
std::span<const CarrierMember> principal_members() noexcept;

/// The vendor's PersonEntity, without `_Links`.
boost::json::object person_entity(const KnownPerson& person);
/// The vendor's Person, the short form of PersonEntity.
boost::json::object simple_person(const KnownPerson& person);
/// The vendor's SoPrincipalCarrier. FunctionRights are `read`, and `write` for a caller that may write.
boost::json::object principal_carrier(const Principal& principal);

/// The members' JSON Schema.
boost::json::object carrier_schema(std::span<const CarrierMember> members, bool may_be_null);

} // namespace portrait::http
