#pragma once

#include <portrait/http/problem.hpp>

#include <boost/system/result.hpp>
#include <pugixml.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// A document that was read and found harmless. Its texts still have their references.
struct XmlTree {
    std::shared_ptr<const pugi::xml_document> document;
    pugi::xml_node root; ///< of `document`
};

/// Reads XML. Refused with 400: what isn't well-formed, a DTD, anything beside the root element, characters
/// that XML forbids, depth over `max_xml_depth`, and more elements and attributes than any of our documents
/// has. Never reads anything but `text`. Time and memory are linear in its size.
[[nodiscard]] boost::system::result<XmlTree, Problem> parse_xml_tree(std::string_view text);

/// Appends a text of the tree with its references resolved; the refusal of one that means nothing.
std::optional<Problem> append_xml_text(std::string& out, std::string_view text);

/// An element's or attribute's name without its prefix.
std::string_view local_xml_name(std::string_view name) noexcept;

/// Whether the element has `xsi:nil`.
bool is_xml_nil(const pugi::xml_node& element);

} // namespace portrait::http
