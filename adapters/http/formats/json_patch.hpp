#pragma once

#include <portrait/http/problem.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// A patch may have this many operations.
inline constexpr std::size_t max_patch_operations = 1000;

/// A pointer may have this many segments.
inline constexpr std::size_t max_pointer_segments = 64;

/// A JSON pointer (RFC 6901), unescaped.
using JsonPointer = std::vector<std::string>;

/// One operation of a patch.
struct PatchOperation {
    enum class Kind { add, remove, replace, test, copy, move };
    Kind kind{};
    JsonPointer path;
    JsonPointer from;         ///< of copy and move
    boost::json::value value; ///< of add, replace and test
};

/// A JSON Patch (RFC 6902).
using JsonPatch = std::vector<PatchOperation>;

/// Reads a patch. Refused with 400: what is no array of operations (their members' names match in any case,
/// unknown members are ignored). 413: more than `max_patch_operations`.
[[nodiscard]] boost::system::result<JsonPatch, Problem> read_json_patch(const boost::json::value& document);

/// The document after the patch's operations, or the refusal of the first one that failed. A patch reads the
/// whole document and writes the root's members that `writable` names: 400 for another path to be written,
/// for a path or from that leads to nothing, and for a copied object or list; 409 for a `test` of another
/// value. Pointers find members in any case. Numbers are the same when their values are.
[[nodiscard]] boost::system::result<boost::json::object, Problem>
patched(boost::json::object document, const JsonPatch& patch, std::span<const std::string_view> writable);

} // namespace portrait::http
