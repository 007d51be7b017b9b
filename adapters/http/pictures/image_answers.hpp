#pragma once

#include "headers/negotiation.hpp"
#include "localization/localization.hpp"

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/image_info.hpp>
#include <portrait/rendition_service.hpp>

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// The answer to GET or HEAD Image: 200, 206, 304, 412 or 416 by what `head` asks (contract sections 2 and
/// 6). `head` needs no other fields than the conditional ones and Range. `error_type` is for 412 and 416.
Response picture_answer(const RequestHead& head, PersonId person_id, StoredImage image,
                        ResponseType error_type);
/// The same for a rendition, which has the tag of that wish.
Response rendition_answer(const RequestHead& head, PersonId person_id, const Rendition& wanted,
                          ImageRendition made, ResponseType error_type);
/// The answer to a read whose conditions alone decide: 304 or 412. Absent when the picture is to be sent.
std::optional<Response> conditional_answer(const RequestHead& head, const ImageInfo& info,
                                           const std::string& tag, ResponseType error_type);
/// 200 with a picture that stands in for none.
Response placeholder_answer(PersonId person_id, RenderedImage image, std::string tag);
/// 304 when the client has it already.
std::optional<Response> known_placeholder_answer(const RequestHead& head, std::string tag);

/// The answer to GET or HEAD ImageInfo: 200, 304 or 412.
Response info_answer(const RequestHead& head, const ImageInfo& info, ResponseType type,
                     const Localization& localization);
/// The same for a person without a picture.
Response empty_info_answer(ResponseType type, const Localization& localization = {});

/// The answer to PUT and PATCH ImageInfo: the entity as it is now.
Response changed_info_answer(const ImageInfo& info, ResponseType type, const Localization& localization = {});

/// The answer to PUT and POST Image: the blob id.
Response saved_answer(const ImageInfo& info, ResponseType type);

/// The answer to DELETE Image.
Response removed_answer();

/// The contract's error object with the fields that belong to its status.
Response problem_answer(const Problem& problem, ResponseType type);

/// 200 with a document that has no version.
Response document_answer(ResponseType type, std::string_view xml_root, const boost::json::value& document);

/// A short text, for the health routes.
Response text_answer(unsigned status, std::string text);

/// Figures in Prometheus's text format.
Response metrics_answer(std::string text);

} // namespace portrait::http
