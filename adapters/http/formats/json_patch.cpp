#include "formats/json_patch.hpp"

#include "formats/json_reader.hpp"
#include "headers/plain_problem.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

using Kind = PatchOperation::Kind;
using Segments = std::span<const std::string>;

/// An index as RFC 6901 writes it, without leading zeros.
std::optional<std::size_t> index_of(std::string_view text) noexcept {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() ||
        (text.size() > 1 && text.front() == '0'))
        return std::nullopt;
    return index;
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

struct Measure {
    std::size_t bytes = 0; ///< of memory, roughly
    std::size_t depth = 0; ///< 0 for what has nothing inside
};

/// Documents are at most `max_patch_depth` deep, and so is this recursion.
Measure measure(const json::value& value) noexcept {
    Measure whole{.bytes = sizeof(json::value), .depth = 0};
    const auto add = [&](const json::value& inner) {
        const auto part = measure(inner);
        whole.bytes += part.bytes;
        whole.depth = std::max(whole.depth, part.depth + 1);
    };
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            whole.bytes += sizeof(json::key_value_pair) + member.key().size();
            add(member.value());
        }
    } else if (const auto* array = value.if_array()) {
        for (const auto& item : *array)
            add(item);
    } else if (const auto* string = value.if_string()) {
        whole.bytes += string->size();
    }
    return whole;
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

/// A document that is being patched, and what the patch may still add to it.
class PatchedDocument {
public:
    explicit PatchedDocument(json::value document)
        : document_(std::move(document)) {} // braces would make an array of it

    /// What is wrong with the operation; absent when it was done.
    std::optional<Problem> apply(const PatchOperation& operation) {
        switch (operation.kind) {
        case Kind::add: return add(operation.path, operation.value);
        case Kind::remove: return remove(operation.path);
        case Kind::replace: return replace(operation.path, operation.value);
        case Kind::test: return test(operation.path, operation.value);
        case Kind::copy: return copy(operation);
        case Kind::move: return move(operation);
        }
        return {};
    }

    json::value take() && { return std::move(document_); }

private:
    using Refusal = std::optional<Problem>;

    static Problem missing(std::string_view pointer) {
        return plain_problem(400, "patch.path_missing", fmt::format("its {} leads to nothing", pointer));
    }

    static Refusal check_depth(std::size_t depth) {
        if (depth <= max_patch_depth)
            return {};
        return limit_problem(413, "patch.too_deep",
                             fmt::format("it nests the entity more than {} levels deep", max_patch_depth),
                             depth, max_patch_depth);
    }

    Refusal add(Segments path, json::value value) {
        if (auto refused = check_depth(path.size() + measure(value).depth))
            return refused;
        if (path.empty()) {
            document_ = std::move(value);
            return {};
        }
        auto* parent = find(document_, path.first(path.size() - 1));
        if (auto* object = parent ? parent->if_object() : nullptr) {
            if (auto* present = find_member(*object, path.back()))
                *present = std::move(value);
            else
                object->emplace(path.back(), std::move(value));
            return {};
        }
        auto* array = parent ? parent->if_array() : nullptr;
        if (array == nullptr)
            return missing("path");
        const auto index = path.back() == "-" ? std::optional{array->size()} : index_of(path.back());
        if (!index || *index > array->size())
            return missing("path");
        array->insert(array->begin() + *index, std::move(value));
        return {};
    }

    Refusal remove(Segments path) {
        auto* target = find(document_, path);
        if (target == nullptr)
            return missing("path");
        if (path.empty()) {
            document_ = nullptr;
            return {};
        }
        auto& parent = *find(document_, path.first(path.size() - 1));
        if (auto* object = parent.if_object()) {
            object->erase(std::find_if(object->begin(), object->end(),
                                       [&](const auto& member) { return &member.value() == target; }));
        } else {
            auto& array = parent.get_array();
            array.erase(array.begin() + (target - array.data()));
        }
        return {};
    }

    Refusal replace(Segments path, const json::value& value) {
        if (auto refused = check_depth(path.size() + measure(value).depth))
            return refused;
        auto* target = find(document_, path);
        if (target == nullptr)
            return missing("path");
        *target = value;
        return {};
    }

    Refusal test(Segments path, const json::value& value) {
        const auto* target = find(document_, path);
        if (target != nullptr && same(*target, value))
            return {};
        return plain_problem(409, "patch.test_failed",
                             target ? "what is at its path is another value than the one tested for"
                                    : "its path, which is to be tested, leads to nothing");
    }

    Refusal copy(const PatchOperation& operation) {
        const auto* source = find(document_, operation.from);
        if (source == nullptr)
            return missing("from");
        growth_ += measure(*source).bytes;
        if (growth_ > max_patch_growth)
            return limit_problem(413, "patch.too_large",
                                 fmt::format("the patch copies more than {} bytes", max_patch_growth),
                                 growth_, max_patch_growth);
        return add(operation.path, *source);
    }

    Refusal move(const PatchOperation& operation) {
        const auto* source = find(document_, operation.from);
        if (source == nullptr)
            return missing("from");
        if (operation.from == operation.path)
            return {};
        if (operation.from.size() < operation.path.size() &&
            std::equal(operation.from.begin(), operation.from.end(), operation.path.begin()))
            return plain_problem(400, "patch.operation_invalid", "it moves a value into itself");
        auto value = *source;
        if (auto refused = remove(operation.from))
            return refused;
        return add(operation.path, std::move(value));
    }

    json::value document_;
    std::size_t growth_ = 0;
};

} // namespace

[[nodiscard]] boost::system::result<json::value, Problem> patched(json::value document,
                                                                  const JsonPatch& patch) {
    PatchedDocument target{std::move(document)};
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

} // namespace portrait::http
