#include "formats/json_patch.hpp"
#include "formats/json_reader.hpp"
#include "headers/plain_problem.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

using Kind = PatchOperation::Kind;

struct KindRow {
    std::string_view name;
    Kind kind;
    bool has_from;
    bool has_value;
};

constexpr std::array patch_kinds{
    KindRow{"add", Kind::add, false, true},         KindRow{"remove", Kind::remove, false, false},
    KindRow{"replace", Kind::replace, false, true}, KindRow{"test", Kind::test, false, true},
    KindRow{"copy", Kind::copy, true, false},       KindRow{"move", Kind::move, true, false},
};

Problem invalid(std::size_t number, std::string_view reason) {
    return plain_problem(400, "patch.operation_invalid",
                         fmt::format("Operation {} of the patch {}", number, reason));
}

/// Absent when it isn't RFC 6901.
std::optional<JsonPointer> pointer_of(std::string_view text) {
    JsonPointer segments;
    if (text.empty())
        return segments;
    if (text.front() != '/')
        return std::nullopt;
    for (std::size_t index = 0; index < text.size(); ++index) {
        if (text[index] == '/') {
            if (segments.size() == max_pointer_segments)
                return std::nullopt;
            segments.emplace_back();
        } else if (text[index] != '~') {
            segments.back() += text[index];
        } else {
            ++index;
            if (index == text.size() || (text[index] != '0' && text[index] != '1'))
                return std::nullopt;
            segments.back() += text[index] == '0' ? '~' : '/';
        }
    }
    return segments;
}

const KindRow* kind_of(const json::object& operation) noexcept {
    const auto* member = find_member(operation, "op");
    const auto* name = member ? member->if_string() : nullptr;
    if (name == nullptr)
        return nullptr;
    const auto row = std::find_if(patch_kinds.begin(), patch_kinds.end(), [&](const KindRow& candidate) {
        return candidate.name == std::string_view{*name};
    });
    return row == patch_kinds.end() ? nullptr : &*row;
}

[[nodiscard]] ProblemOr<PatchOperation> read_operation(const json::value& document, std::size_t number) {
    const auto* object = document.if_object();
    if (object == nullptr)
        return invalid(number, "is not an object");
    const auto* row = kind_of(*object);
    if (row == nullptr)
        return invalid(number, R"(needs "op": one of add, remove, replace, test, copy, move)");
    PatchOperation operation;
    operation.kind = row->kind;
    for (const auto& [name, pointer] : {std::pair{"path", &operation.path}, {"from", &operation.from}}) {
        if (pointer == &operation.from && !row->has_from)
            continue;
        const auto* member = find_member(*object, name);
        const auto* text = member ? member->if_string() : nullptr;
        auto segments = text ? pointer_of(*text) : std::nullopt;
        if (!segments)
            return invalid(number, fmt::format(R"(needs "{}": a JSON pointer of at most {} segments)", name,
                                               max_pointer_segments));
        *pointer = *std::move(segments);
    }
    if (row->has_value) {
        const auto* value = find_member(*object, "value");
        if (value == nullptr)
            return invalid(number, R"(needs "value")");
        operation.value = *value;
    }
    return operation;
}

} // namespace

[[nodiscard]] ProblemOr<JsonPatch> read_json_patch(const json::value& document) {
    const auto* operations = document.if_array();
    if (operations == nullptr)
        return plain_problem(400, "patch.not_an_array", "A JSON Patch has to be an array of operations");
    if (operations->size() > max_patch_operations)
        return limit_problem(413, "patch.too_many_operations",
                             fmt::format("The patch has {} operations; at most {} are accepted",
                                         operations->size(), max_patch_operations),
                             operations->size(), max_patch_operations);
    JsonPatch patch;
    patch.reserve(operations->size());
    for (const auto& operation : *operations) {
        auto read = read_operation(operation, patch.size() + 1);
        if (!read)
            return read.error();
        patch.push_back(*std::move(read));
    }
    return patch;
}

} // namespace portrait::http
