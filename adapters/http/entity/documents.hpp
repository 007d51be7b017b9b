#pragma once

#include "headers/negotiation.hpp"

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

/// A document in a negotiated type. `xml_root` is the name of its root element in XML, such as `BlobEntity`,
/// or `int` for a number.
std::string document_text(ResponseType type, std::string_view xml_root, const boost::json::value& document);

/// Sets an answer's body, Content-Type and Vary.
void set_document(Response& response, ResponseType type, std::string text);
/// Sets an answer's body, Content-Type and Vary for a document.
void set_document(Response& response, ResponseType type, std::string_view xml_root,
                  const boost::json::value& document);

/// The date of nothing in SuperOffice's documents (contract section 3): .NET's smallest, since typed clients
/// fail on null.
inline constexpr std::string_view no_date = "0001-01-01T00:00:00";

/// The contract's ErrorType for a status (section 6).
std::string_view error_type(unsigned status) noexcept;

/// The contract's error object (section 6). In XML its root is `Error`, as in ASP.NET.
boost::json::object error_document(const Problem& problem);

} // namespace portrait::http
