#pragma once

#include "headers/negotiation.hpp"

#include <portrait/http/message.hpp>

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

/// A document in a negotiated type. `xml_root` is what its root element is called in XML, such as
/// `BlobEntity`, or `int` for a number.
std::string document_text(ResponseType type, std::string_view xml_root, const boost::json::value& document);

/// Makes a text of that type the answer's body, with the fields that belong to it: Content-Type and Vary.
void set_document(Response& response, ResponseType type, std::string text);
/// The same with the document's text.
void set_document(Response& response, ResponseType type, std::string_view xml_root,
                  const boost::json::value& document);

} // namespace portrait::http
