#pragma once

#include "headers/body_types.hpp"
#include "headers/negotiation.hpp"
#include "localization/localization.hpp"

#include <portrait/http/problem.hpp>
#include <portrait/image_info.hpp>
#include <portrait/person_image_service.hpp>

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

/// The contract's BlobEntity (section 3) as a document. Null: the entity of a person without a picture, every
/// property empty. Strings and dates are as the request wants them; by default as stored.
boost::json::object blob_entity(const ImageInfo* info, const Localization& localization = {});

/// The same as an answer's text.
std::string blob_entity_text(ResponseType type, const ImageInfo* info, const Localization& localization = {});

/// What an entity that a client sends changes. Property names match in any case; of properties with one name
/// the last wins; read-only and unknown ones are ignored; a writable one that is absent stays as it is, and
/// null empties it. A BlobId of 0 demands nothing, another one is demanded. Refused with 400: a value of the
/// wrong type, which is named.
[[nodiscard]] boost::system::result<ImageInfoChange, Problem> change_of(const boost::json::value& entity);

/// The same from a body of JSON, XML or a form.
[[nodiscard]] boost::system::result<ImageInfoChange, Problem> read_blob_entity(BodyType type,
                                                                               std::string_view body);

} // namespace portrait::http
