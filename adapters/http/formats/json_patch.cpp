#include "formats/json_patch.hpp"

#include "formats/json_reader.hpp"
#include "headers/field_syntax.hpp"

#include <portrait/http/message.hpp>

#include <boost/algorithm/string/replace.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

using Kind = PatchOperation::Kind;
using Segments = std::span<const std::string>;

/// An index as RFC 6901 writes it, without leading zeros.
std::optional<std::size_t> index_of(std::string_view text) noexcept {
    return text.size() > 1 && text.front() == '0' ? std::nullopt : parse_number<std::size_t>(text);
}

/// Null where the pointer leads to nothing.
json::value* find(json::value& document, Segments segments) noexcept {
    auto* value = &document;
    for (const auto& segment : segments) {
        if (auto* object = value->if_object())
            value = find_member(*object, segment);
        else if (auto* array = value->if_array())
            value = array->if_contains(index_of(segment).value_or(array->size()));
        else
            value = nullptr;
        if (value == nullptr)
            break;
    }
    return value;
}

bool same(const json::value& left, const json::value& right);

bool same_members(const json::object& left, const json::object& right) {
    return left.size() == right.size() && std::all_of(left.begin(), left.end(), [&](const auto& member) {
               const auto* other = find_member(right, member.key());
               return other != nullptr && same(member.value(), *other);
           });
}

bool same(const json::value& left, const json::value& right) {
    if (left.is_double() || right.is_double())
        return left.is_number() && right.is_number() && left.to_number<double>() == right.to_number<double>();
    if (left.is_object() && right.is_object())
        return same_members(left.get_object(), right.get_object());
    if (left.is_array() && right.is_array())
        return std::equal(left.get_array().begin(), left.get_array().end(), right.get_array().begin(),
                          right.get_array().end(), same);
    return left == right; // integers of any kind, strings, booleans, null
}

/// A document that is being patched.
class PatchedDocument {
public:
    PatchedDocument(json::object document, std::span<const std::string_view> writable)
        : document_(std::move(document)) // braces would make an array of it
        , writable_{writable} {}

    /// Absent when the operation was done.
    std::optional<Problem> apply(const PatchOperation& operation) {
        switch (operation.kind) {
        case Kind::test: {
            const auto* target = find(document_, operation.path);
            if (target != nullptr && same(*target, operation.value))
                return {};
            return plain_problem(409, "patch.test_failed",
                                 target ? "the path has another value than the one tested for"
                                        : "the path to be tested leads to nothing");
        }
        case Kind::add: return write(operation.path, operation.value);
        case Kind::replace:
            if (find(document_, operation.path) == nullptr)
                return missing("path");
            return write(operation.path, operation.value);
        case Kind::remove: return remove("path", operation.path);
        case Kind::copy:
        case Kind::move: break;
        }
        const auto* source = find(document_, operation.from);
        if (source == nullptr)
            return missing("from");
        if (operation.kind == Kind::move)
            return move(operation, json::value(*source));
        // A patch could double the document by copying it into itself.
        if (source->is_structured())
            return plain_problem(400, "patch.operation_invalid",
                                 "an object or a list can't be copied; a text can");
        return write(operation.path, json::value(*source));
    }

    json::object take() && { return std::move(document_.get_object()); }

private:
    using Refusal = std::optional<Problem>;

    static Problem missing(std::string_view pointer) {
        return plain_problem(400, "patch.path_missing", fmt::format("the {} leads to nothing", pointer));
    }

    Problem read_only(std::string_view pointer) const {
        return plain_problem(
            400, "patch.operation_invalid",
            fmt::format("the {} can't be written; /{} can", pointer, fmt::join(writable_, ", /")));
    }

    bool is_writable(Segments path) const {
        return path.size() == 1 &&
               std::any_of(writable_.begin(), writable_.end(),
                           [&](std::string_view name) { return equal_ignoring_case(name, path.front()); });
    }

    Refusal write(Segments path, const json::value& value) {
        if (!path.empty() && find(document_, path.first(path.size() - 1)) == nullptr)
            return missing("path");
        if (!is_writable(path))
            return read_only("path");
        auto& object = document_.get_object();
        if (auto* present = find_member(object, path.front()))
            *present = value;
        else
            object.emplace(path.front(), value);
        return {};
    }

    Refusal remove(std::string_view pointer, Segments path) {
        if (find(document_, path) == nullptr)
            return missing(pointer);
        if (!is_writable(path))
            return read_only(pointer);
        remove_member(document_.get_object(), path.front());
        return {};
    }

    Refusal move(const PatchOperation& operation, const json::value& value) {
        if (operation.from == operation.path)
            return {};
        if (!is_writable(operation.path))
            return read_only("path");
        if (auto refused = remove("from", operation.from))
            return refused;
        return write(operation.path, value);
    }

    json::value document_;
    std::span<const std::string_view> writable_;
};

constexpr std::array<std::string_view, 6> kind_names{"add", "replace", "test", "remove", "copy", "move"};

Problem invalid(std::size_t number, std::string_view reason) {
    return plain_problem(400, "patch.operation_invalid",
                         fmt::format("Operation {} of the patch {}", number, reason));
}

/// The pointer as RFC 6901 writes it.
std::string text_of(const JsonPointer& pointer) {
    std::string text;
    for (auto segment : pointer) {
        boost::replace_all(segment, "~", "~0");
        boost::replace_all(segment, "/", "~1");
        text.append("/").append(segment);
    }
    return text;
}

/// Absent when it isn't RFC 6901. The first slash may be missing.
std::optional<JsonPointer> pointer_of(std::string_view text) {
    JsonPointer segments;
    if (text.empty())
        return segments;
    if (text.front() != '/')
        segments.emplace_back();
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

/// Null when the object has no text of that name.
const json::string* find_text(const json::object& operation, std::string_view name) noexcept {
    const auto* member = find_member(operation, name);
    return member ? member->if_string() : nullptr;
}

[[nodiscard]] ProblemOr<PatchOperation> read_operation(const json::value& document, std::size_t number) {
    const auto* object = document.if_object();
    if (object == nullptr)
        return invalid(number, "is not an object");
    const auto* const op = find_text(*object, "op");
    const auto* const kind = op ? std::find(kind_names.begin(), kind_names.end(), *op) : kind_names.end();
    if (kind == kind_names.end())
        return invalid(number,
                       fmt::format(R"(needs "op": one of add, remove, replace, test, copy, move; got {})",
                                   op ? in_quotes(*op) : "none"));
    PatchOperation operation;
    operation.kind = static_cast<Kind>(kind - kind_names.begin());
    for (const auto& [name, pointer] : {std::pair{"path", &operation.path}, {"from", &operation.from}}) {
        if (pointer == &operation.from && operation.kind < Kind::copy)
            continue;
        const auto* text = find_text(*object, name);
        auto segments = text ? pointer_of(*text) : std::nullopt;
        if (!segments)
            return invalid(number,
                           fmt::format(R"(({}) needs "{}": a JSON pointer of at most {} segments; got {})",
                                       *kind, name, max_pointer_segments, text ? in_quotes(*text) : "none"));
        *pointer = *std::move(segments);
    }
    if (operation.kind <= Kind::test) {
        const auto* value = find_member(*object, "value");
        if (value == nullptr)
            return invalid(number, fmt::format(R"(({}) needs "value")", *kind));
        operation.value = *value;
    }
    return operation;
}

} // namespace

ProblemOr<json::object> patched(json::object document, const JsonPatch& patch,
                                std::span<const std::string_view> writable) {
    PatchedDocument target{std::move(document), writable};
    std::size_t number = 0;
    for (const auto& operation : patch) {
        ++number;
        if (auto refused = target.apply(operation)) {
            refused->message = fmt::format("Operation {} of the patch ({} {}): {}", number,
                                           kind_names.at(static_cast<std::size_t>(operation.kind)),
                                           in_quotes(text_of(operation.path)), refused->message);
            return *std::move(refused);
        }
    }
    return std::move(target).take();
}

json::value merged(json::value target, const json::value& patch) {
    const auto* members = patch.if_object();
    if (members == nullptr)
        return patch;
    if (!target.is_object())
        target = json::object{};
    auto& object = target.get_object();
    for (const auto& member : *members) {
        if (member.value().is_null()) {
            remove_member(object, member.key());
        } else if (auto* present = find_member(object, member.key())) {
            *present = merged(std::move(*present), member.value());
        } else {
            object.emplace(member.key(), merged(nullptr, member.value()));
        }
    }
    return target;
}

ProblemOr<JsonPatch> read_json_patch(const json::value& document) {
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
