#pragma once

#include <portrait/http/problem.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

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

/// A JSON pointer (RFC 6901), unescaped. The slash at its begin is optional in a patch (contract section 3).
using JsonPointer = std::vector<std::string>;

/// One operation of a patch.
struct PatchOperation {
    enum class Kind { add, replace, test, remove, copy, move };
    Kind kind{};
    JsonPointer path;
    JsonPointer from;         ///< of copy and move
    boost::json::value value; ///< of add, replace and test
};

/// A JSON Patch (RFC 6902).
using JsonPatch = std::vector<PatchOperation>;

/// Reads a patch. Members' names match in any case; unknown members are ignored. 400 when it is not an array
/// of operations, 413 for more than `max_patch_operations`.
[[nodiscard]] ProblemOr<JsonPatch> read_json_patch(const boost::json::value& document);

/// Applies the operations in order; fails at the first one that can't be done. A patch reads the whole
/// document and writes the root's members that `writable` names: 400 for writing another path, for a path or
/// from that leads to nothing, and for copying an object or list; 409 for a `test` of another value. Pointers
/// match members in any case. Numbers are compared by value.
[[nodiscard]] ProblemOr<boost::json::object> patched(boost::json::object document, const JsonPatch& patch,
                                                     std::span<const std::string_view> writable);

/// Applies a JSON merge patch (RFC 7396): null removes a member, an object merges, anything else
/// replaces. Names match in any case; of members with one name the last wins. `patch` has to be of bounded
/// depth, as `read_json` gives it.
boost::json::value merged(boost::json::value target, const boost::json::value& patch);

} // namespace portrait::http
