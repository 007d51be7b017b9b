#pragma once

#include <portrait/http/problem.hpp>

#include <pugixml.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// A checked document. Its texts still have their references.
struct XmlTree {
    std::shared_ptr<const pugi::xml_document> document;
    pugi::xml_node root; ///< of `document`
};

/// Reads XML. 400 when it is not well-formed, has a DTD, anything beside the root element, characters that
/// XML forbids, a depth over `max_xml_depth`, or too many elements and attributes. Reads no other resource.
/// Time and memory are linear in its size.
[[nodiscard]] ProblemOr<XmlTree> parse_xml_tree(std::string_view text);

/// Appends a text of the tree with its references resolved. 400 for an unknown one.
std::optional<Problem> append_xml_text(std::string& out, std::string_view text);

/// An element's or attribute's name without its prefix.
std::string_view local_xml_name(std::string_view name) noexcept;

/// Whether the element has `xsi:nil`.
bool is_xml_nil(const pugi::xml_node& element);

} // namespace portrait::http
