#pragma once

#include "headers/content_types.hpp"
#include "headers/negotiation.hpp"
#include "localization/localization.hpp"

#include <portrait/http/problem.hpp>
#include <portrait/image_info.hpp>
#include <portrait/person_image_service.hpp>

#include <boost/json/object.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// A property of BlobEntity that clients may change.
struct WritableText {
    std::string_view name;
    std::string ImageInfo::*stored;
    std::optional<std::string> ImageInfoChange::*change;
};
inline constexpr std::array writable_texts{
    WritableText{"Description", &ImageInfo::description, &ImageInfoChange::description},
    WritableText{"ExtraInfo", &ImageInfo::extra_info, &ImageInfoChange::extra_info},
    WritableText{"ConceptualType", &ImageInfo::conceptual_type, &ImageInfoChange::conceptual_type},
};

/// The strings that are localized.
template<class Info>
auto localized_texts(Info& info) {
    return std::array{&info.description,         &info.extra_info,           &info.conceptual_type,
                      &info.created_by.name,     &info.created_by.full_name, &info.updated_by.name,
                      &info.updated_by.full_name};
}

/// Sets the fields of the languages in which the strings are returned; null: of an empty entity.
void describe_texts(Response& response, const ImageInfo* info, const Localization& localization);

/// The contract's BlobEntity (section 3) as a document. Null: the entity of a person without a picture, every
/// property empty. Strings and dates are localized; by default as stored. `may_write` is the caller's right.
boost::json::object blob_entity(const ImageInfo* info, const Localization& localization = {},
                                bool may_write = true);

/// BlobEntity as an answer's text.
std::string blob_entity_text(ResponseType type, const ImageInfo* info, const Localization& localization = {},
                             bool may_write = true);

/// Reads the changes in a client's entity. Property names match in any case; of properties with one name the
/// last wins; read-only and unknown ones are ignored; an absent writable one is not changed, and null empties
/// it. A BlobId other than 0 has to be the stored one. 400 for a value of the wrong type, with the property's
/// name.
[[nodiscard]] ProblemOr<ImageInfoChange> change_of(const boost::json::value& entity);

/// Reads the changes in a body of JSON, XML or a form.
[[nodiscard]] ProblemOr<ImageInfoChange> read_blob_entity(BodyType type, std::string_view body);

} // namespace portrait::http
