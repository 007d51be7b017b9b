#include "formats/json_patch.hpp"

#include "formats/json_reader.hpp"
#include "headers/field_syntax.hpp"
#include "headers/plain_problem.hpp"

#include <portrait/http/message.hpp>

#include <boost/json/array.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
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
        if (auto* object = value->if_object()) {
            value = find_member(*object, segment);
        } else if (auto* array = value->if_array()) {
            const auto index = index_of(segment);
            value = index && *index < array->size() ? &(*array)[*index] : nullptr;
        } else {
            value = nullptr;
        }
        if (value == nullptr)
            return nullptr;
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
        case Kind::test: return test(operation.path, operation.value);
        case Kind::add: return write(operation.path, operation.value);
        case Kind::replace:
            if (find(document_, operation.path) == nullptr)
                return missing("path");
            return write(operation.path, operation.value);
        case Kind::remove: return remove("path", operation.path);
        case Kind::copy: return copy(operation);
        case Kind::move: return move(operation);
        }
        return {};
    }

    json::object take() && { return std::move(document_.get_object()); }

private:
    using Refusal = std::optional<Problem>;

    static Problem missing(std::string_view pointer) {
        return plain_problem(400, "patch.path_missing", fmt::format("its {} leads to nothing", pointer));
    }

    Problem read_only(std::string_view pointer) const {
        return plain_problem(
            400, "patch.operation_invalid",
            fmt::format("its {} can't be written; /{} can", pointer, fmt::join(writable_, ", /")));
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

    Refusal test(Segments path, const json::value& value) {
        const auto* target = find(document_, path);
        if (target != nullptr && same(*target, value))
            return {};
        return plain_problem(409, "patch.test_failed",
                             target ? "its path has another value than the one tested for"
                                    : "its path to be tested leads to nothing");
    }

    Refusal copy(const PatchOperation& operation) {
        const auto* source = find(document_, operation.from);
        if (source == nullptr)
            return missing("from");
        // A patch could double the document by copying it into itself.
        if (source->is_structured())
            return plain_problem(400, "patch.operation_invalid",
                                 "it copies an object or a list; a text can be copied");
        return write(operation.path, json::value(*source));
    }

    Refusal move(const PatchOperation& operation) {
        const auto* source = find(document_, operation.from);
        if (source == nullptr)
            return missing("from");
        if (operation.from == operation.path)
            return {};
        if (!is_writable(operation.path))
            return read_only("path");
        const auto value = *source;
        if (auto refused = remove("from", operation.from))
            return refused;
        return write(operation.path, value);
    }

    json::value document_;
    std::span<const std::string_view> writable_;
};

} // namespace

ProblemOr<json::object> patched(json::object document, const JsonPatch& patch,
                                std::span<const std::string_view> writable) {
    PatchedDocument target{std::move(document), writable};
    std::size_t number = 0;
    for (const auto& operation : patch) {
        ++number;
        if (auto refused = target.apply(operation)) {
            refused->message = fmt::format("Operation {} of the patch: {}", number, refused->message);
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

} // namespace portrait::http
