#pragma once

#include <cstdint>
#include <string>

namespace portrait {

/// The SuperOffice associate of CreatedBy and UpdatedBy (contract sections 3 and 4).
struct Actor {
    std::int32_t associate_id = 0; ///< 0: none; the entity's property is null then
    std::string name{};
    std::string full_name{};
    std::int32_t person_id = 0; ///< the associate's person; 0: none
    /// The current request, for the audit log. Stores don't keep it, and comparisons ignore it.
    std::string request_id{};

    /// The part that a store keeps: all but the request's id.
    Actor stored() const {
        return {.associate_id = associate_id, .name = name, .full_name = full_name, .person_id = person_id};
    }

    friend bool operator==(const Actor& left, const Actor& right) {
        return left.associate_id == right.associate_id && left.name == right.name &&
               left.full_name == right.full_name && left.person_id == right.person_id;
    }
};

} // namespace portrait
