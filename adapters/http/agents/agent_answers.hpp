#pragma once

#include "headers/negotiation.hpp"

#include <portrait/http/message.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_format.hpp>

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace portrait::http {

/// The form of an answer of bytes (contract section 7).
enum class BinaryForm {
    raw,      ///< as application/octet-stream
    picture,  ///< with the picture's own media type
    document, ///< base64 in the negotiated JSON or XML
};

/// The form that Accept asks for: raw when it is absent or leaves the choice, base64 when it accepts none.
BinaryForm negotiate_binary(const RequestHead& head) noexcept;

/// An answer of bytes in that form; `type` is for base64, `format` for the picture's own media type.
Response binary_answer(BinaryForm form, ResponseType type, const ImageBytes& bytes,
                       std::optional<ImageFormat> format);

/// The properties that `$select` leaves in an answer, while the others become null; empty: all.
using Selection = std::vector<std::string>;

/// Parses the value of `$select`: names separated by commas, blank ones skipped. Of a path such as
/// `CreatedBy/Name` the first name counts.
Selection parse_selection(std::string_view value);

/// Whether the selection names the property, in any case.
bool is_selected(const Selection& selection, std::string_view name);

/// The document, with null for members that aren't selected.
boost::json::object selected(const boost::json::object& document, const Selection& selection);

} // namespace portrait::http
