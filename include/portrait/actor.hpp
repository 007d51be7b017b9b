#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace portrait {

/// Who does something: the SuperOffice associate that CreatedBy and UpdatedBy name (contract sections 3 and
/// 4).
struct Actor {
    std::int32_t associate_id = 0; ///< 0: nobody in particular; the entity's property is null then
    std::string name{};
    std::string full_name{};
    std::int32_t person_id = 0; ///< the associate's own person, 0 when there is none
    /// The request by which it is done, for the audit log. No store keeps it, and it doesn't tell actors
    /// apart.
    std::string request_id{};

    /// As a store keeps it: without the request's id.
    Actor stored() const {
        return {.associate_id = associate_id, .name = name, .full_name = full_name, .person_id = person_id};
    }

    friend bool operator==(const Actor& left, const Actor& right) {
        return left.associate_id == right.associate_id && left.name == right.name &&
               left.full_name == right.full_name && left.person_id == right.person_id;
    }
};

} // namespace portrait
