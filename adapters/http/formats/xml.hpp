#pragma once

#include <portrait/http/problem.hpp>

#include <boost/json/value.hpp>

#include <pugixml.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// The most levels of elements in a body.
inline constexpr std::size_t max_xml_depth = 32;

/// Writes a value as XML (contract section 3): no declaration, no namespace but xsi for nulls. An object is
/// an element for each member, in order; a null has `xsi:nil="true"`; an array is an element `int`, `string`
/// or, for objects, `Item` for each of its items. Dictionaries (the entity's FieldProperties, ExtraFields and
/// CustomFields, and any object with a key that is no XML name) have
/// `<Item><Key/><Value/></Item>` for each member. Characters that XML 1.0 forbids become U+FFFD.
std::string xml_text(std::string_view root, const boost::json::value& value);

/// An XML body.
struct XmlDocument {
    std::string root; ///< the root element's name, without prefix
    boost::json::value value;
};

/// Reads XML as JSON values: an element with elements in it is an object (of members with one name the last
/// wins), or an array when all of them are called `int`, `long`, `string`, `boolean`, `double` or `Item`;
/// `xsi:nil` is null; everything else is a string. Namespaces and attributes other than nil are ignored. 400
/// for entities beyond the five and for the errors of `parse_xml_tree`. Time and memory are linear in the
/// size.
[[nodiscard]] ProblemOr<XmlDocument> read_xml(std::string_view text);

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
