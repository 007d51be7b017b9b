#pragma once

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/image_info.hpp>

#include <string>

namespace portrait::http {

/// The answer to GET or HEAD Image: 200, 206, 304, 412 or 416 by what `head` asks (contract sections 2 and
/// 6). `head` needs no other fields than the conditional ones and Range.
Response picture_answer(const RequestHead& head, PersonId person_id, StoredImage image);

/// The answer to GET or HEAD ImageInfo: 200, 304 or 412.
Response info_answer(const RequestHead& head, const ImageInfo& info);
/// The same for a person without a picture.
Response empty_info_answer();

/// The answer to PUT and POST Image: the blob id.
Response saved_answer(const ImageInfo& info);

/// The answer to DELETE Image.
Response removed_answer();

/// The contract's error object with the fields that belong to its status.
Response problem_answer(const Problem& problem);

/// A short text, for the health routes.
Response text_answer(unsigned status, std::string text);

} // namespace portrait::http
