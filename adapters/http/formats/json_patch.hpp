#pragma once

#include <portrait/http/problem.hpp>

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace portrait::http {

/// A patch may have this many operations.
inline constexpr std::size_t max_patch_operations = 1000;
/// What a patch's copies may add to a document, in bytes of memory.
inline constexpr std::size_t max_patch_growth = 1024ULL * 1024;
/// How deep a patch may nest a document.
inline constexpr std::size_t max_patch_depth = 64;

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

/// The document after the patch's operations, or the refusal of the first one that failed: 409 for a `test`
/// whose value differs, 400 for a path or from that leads to nothing, 413 where copies or depth pass their
/// limits. Pointers find members whatever their case. Numbers are the same when their values are.
[[nodiscard]] boost::system::result<boost::json::value, Problem> patched(boost::json::value document,
                                                                         const JsonPatch& patch);

} // namespace portrait::http
