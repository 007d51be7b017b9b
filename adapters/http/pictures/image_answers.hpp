#pragma once

#include "headers/negotiation.hpp"
#include "localization/localization.hpp"
#include "pictures/conditional.hpp"

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/image_info.hpp>
#include <portrait/rendition_service.hpp>

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// Answers GET or HEAD Image: 200, 206, 304, 412 or 416 by the conditional fields and the Range of `head`
/// (contract sections 2 and 6). `error_type` is for 412 and 416.
Response picture_answer(const RequestHead& head, PersonId person_id, StoredImage image,
                        ResponseType error_type, const ValidatorContext& context);
/// `picture_answer` for a rendition, which has a tag of its own.
Response rendition_answer(const RequestHead& head, PersonId person_id, std::string_view tag,
                          ImageRendition made, ResponseType error_type, const ValidatorContext& context);
/// 304 or 412 when the conditions alone decide; absent when the picture must be sent.
std::optional<Response> conditional_answer(const RequestHead& head, const ImageInfo& info,
                                           std::string_view tag, ResponseType error_type,
                                           const ValidatorContext& context);
/// 200 with a picture that replaces a missing one.
Response placeholder_answer(PersonId person_id, RenderedImage image, std::string_view tag);
/// 304 when the client has the placeholder already.
std::optional<Response> known_placeholder_answer(const RequestHead& head, std::string_view tag);

/// The form of an entity in an answer.
struct EntityForm {
    ResponseType type{};
    const Localization& localization;
    bool may_write = true; ///< the caller's right
};

/// Answers GET or HEAD ImageInfo: 200, 304 or 412. `error_type` is for 412.
Response info_answer(const RequestHead& head, const ImageInfo& info, const EntityForm& form,
                     ResponseType error_type, const ValidatorContext& context);
/// Answers GET or HEAD ImageInfo of a person without a picture.
Response empty_info_answer(const EntityForm& form);

/// Answers PUT and PATCH ImageInfo: the entity after the change, with its X-Image-ETag.
Response changed_info_answer(const ImageInfo& info, const EntityForm& form, std::string_view epoch);
/// Answers an agent's read: the entity with its validators.
Response read_info_answer(const ImageInfo& info, const EntityForm& form, const ValidatorContext& context);

/// Sets the fields of the answer to a stored upload: the stored type and the new tag. A client takes an ETag
/// for that of the bytes that it sent (RFC 9110 section 9.3.4), so it is X-Image-ETag unless a PUT's body was
/// stored unchanged. There is never a Last-Modified, since its second is not over.
void describe_saved(Response& response, const ImageInfo& info, std::string_view epoch, bool is_put_unchanged);

/// Answers PUT and POST Image: the blob id.
Response saved_answer(const ImageInfo& info, ResponseType type, std::string_view epoch,
                      bool is_put_unchanged);

/// 204.
Response removed_answer();

/// The contract's error object, as a page in `text_html`, with the fields that belong to its status.
Response problem_answer(const Problem& problem, ResponseType type);

/// 200 with a document without a version.
Response document_answer(ResponseType type, std::string_view xml_root, const boost::json::value& document);

/// A short plain text, not to be cached.
Response text_answer(unsigned status, std::string text);

} // namespace portrait::http
