#pragma once

#include <portrait/http/problem.hpp>

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace portrait::http {

/// How deep elements may be nested in a body.
inline constexpr std::size_t max_xml_depth = 32;

/// A document's value as XML (contract section 3): no declaration, no namespace but xsi where there is a
/// null. An object is an element for each member, in order; a null has `xsi:nil="true"`; an array has an
/// element `int`, `string` or, for objects, `Item` for each of its own. Dictionaries (the entity's
/// FieldProperties, ExtraFields and CustomFields, and any object with a key that is no XML name) have
/// `<Item><Key/><Value/></Item>` for each member. A character that XML 1.0 can't carry is written as U+FFFD.
std::string xml_text(std::string_view root, const boost::json::value& value);

/// What an XML body says.
struct XmlDocument {
    std::string root; ///< the root element's name, without prefix
    boost::json::value value;
};

/// Reads XML into the values that JSON would have, as far as XML tells: an element with elements in it is an
/// object (of members with one name the last wins), or an array when all of them are called `int`, `long`,
/// `string`, `boolean`, `double` or `Item`; `xsi:nil` is null; everything else is a string. Namespaces and
/// attributes are ignored, beside nil. Refused with 400: what isn't well-formed, a DTD, entities beyond the
/// five, characters that XML forbids, depth over `max_xml_depth`. Never reads anything but `text`. Time and
/// memory are linear in its size.
[[nodiscard]] boost::system::result<XmlDocument, Problem> read_xml(std::string_view text);

} // namespace portrait::http
