#include "agents/agent_arguments.hpp"

#include "formats/base64.hpp"
#include "headers/field_syntax.hpp"
#include "pictures/image_query.hpp"

#include <portrait/http/message.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace portrait::http {
namespace {

Problem not_a(std::string_view name, std::string_view accepted) {
    return bad_agent_argument(fmt::format("The argument {} is not valid; {} is accepted", name, accepted));
}

Problem not_an_id(std::string_view name) {
    return bad_agent_argument(fmt::format(
        "The argument {} is missing or not valid; a whole number from 1 to 2147483647 is needed", name));
}

bool is_int32(std::int64_t number) noexcept {
    return std::in_range<std::int32_t>(number);
}

} // namespace

Problem bad_agent_body(std::string message) {
    return plain_problem(400, "request.bad_body", std::move(message));
}

Problem bad_agent_argument(std::string message) {
    return plain_problem(400, "request.bad_argument", std::move(message));
}

AgentArguments::AgentArguments(std::span<const AgentArgument> wanted) {
    for (const auto& description : wanted)
        arguments_.push_back({description});
}

AgentArguments::Argument* AgentArguments::find(std::string_view name) noexcept {
    const auto found = std::find_if(arguments_.begin(), arguments_.end(), [name](const Argument& argument) {
        return equal_ignoring_case(argument.description.name, name);
    });
    return found == arguments_.end() ? nullptr : &*found;
}

const AgentValue& AgentArguments::value(std::string_view name) const {
    for (const auto& argument : arguments_)
        if (argument.description.name == name)
            return argument.value;
    throw std::out_of_range{fmt::format("the call has no argument {}", name)};
}

void AgentArguments::read_numbers_in_texts() {
    for (auto& [description, value] : arguments_)
        if (auto* const text = std::get_if<ImageBytes>(&value);
            text != nullptr && description.type == AgentArgumentType::number)
            value = value_of_text(description.type, std::move(*text));
}

bool AgentArguments::has(std::string_view name) const {
    const auto& found = value(name);
    return !std::holds_alternative<std::monostate>(found) && !std::holds_alternative<NullValue>(found);
}

ProblemOr<PersonId> AgentArguments::person_id() const {
    const auto* const found = std::get_if<std::int64_t>(&value("PersonId"));
    if (found == nullptr)
        return not_an_id("PersonId");
    const auto id = PersonId::from(*found);
    if (!id)
        return problem_of(id.error(), Access::write);
    return *id;
}

ProblemOr<BlobId> AgentArguments::blob_entity_id() const {
    const auto* const found = std::get_if<std::int64_t>(&value("BlobEntityId"));
    const auto id = BlobId::from(found != nullptr ? *found : 0);
    if (!id)
        return not_an_id("BlobEntityId");
    return *id;
}

ProblemOr<std::optional<BlobId>> AgentArguments::blob_id() const {
    const auto found = number("BlobId");
    if (found && *found == 0)
        return std::optional<BlobId>{};
    const auto id = BlobId::from(found ? *found : 0);
    if (!id)
        return not_a("BlobId", "a whole number from 0 to 2147483647");
    return std::optional{*id};
}

ProblemOr<std::int32_t> AgentArguments::number(std::string_view name) const {
    const AgentValue zero = std::int64_t{0};
    const auto* const found = std::get_if<std::int64_t>(has(name) ? &value(name) : &zero);
    if (found == nullptr || !is_int32(*found))
        return not_a(name, "a whole number from -2147483648 to 2147483647");
    return {boost::system::in_place_value, static_cast<std::int32_t>(*found)};
}

ProblemOr<std::vector<std::int32_t>> AgentArguments::numbers(std::string_view name) const {
    std::vector<std::int32_t> numbers;
    if (!has(name))
        return numbers;
    const auto* const found = std::get_if<std::vector<std::int64_t>>(&value(name));
    if (found == nullptr || !std::all_of(found->begin(), found->end(), is_int32))
        return not_a(name, "a list of whole numbers from -2147483648 to 2147483647");
    if (found->size() > max_agent_ids)
        return limit_problem(
            400, "request.bad_argument",
            fmt::format("The argument {} has too many entries; at most {} are accepted", name, max_agent_ids),
            std::nullopt, max_agent_ids);
    numbers.assign(found->begin(), found->end());
    return numbers;
}

ProblemOr<std::optional<std::string>> AgentArguments::text(std::string_view name) const {
    if (!has(name))
        return std::holds_alternative<NullValue>(value(name)) ? std::optional<std::string>{""}
                                                              : std::optional<std::string>{};
    const auto* const found = std::get_if<ImageBytes>(&value(name));
    if (found == nullptr)
        return not_a(name, "a text");
    return std::optional{std::string{found->text()}};
}

std::string AgentArguments::name_or_number(std::string_view name) const {
    const auto& found = value(name);
    const auto* const text = std::get_if<ImageBytes>(&found);
    // A number may be written as a text, in JSON too.
    const auto read = text != nullptr ? value_of_text(AgentArgumentType::either, *text) : found;
    if (const auto* const number = std::get_if<std::int64_t>(&read))
        return fmt::format_int{*number}.str();
    return std::string{text != nullptr ? text->text() : std::string_view{}};
}

ProblemOr<ImageBytes> AgentArguments::bytes(std::string_view name, const Limits& limits) const {
    if (!has(name))
        return ImageBytes{};
    const auto* const found = std::get_if<ImageBytes>(&value(name));
    if (found == nullptr)
        return not_a(name, "a base64 text");
    auto text = found->text();
    std::string joined;
    if (text.find_first_of(white_space) != std::string_view::npos) { // lines, as MIME has them
        joined = text;
        std::erase_if(joined,
                      [](char character) { return white_space.find(character) != std::string_view::npos; });
        text = joined;
    }
    // Check the size before allocating memory for the bytes.
    const auto size = decoded_base64_size(text);
    if (size > limits.max_bytes)
        return problem_of(
            Error{errc::image_too_many_bytes,
                  fmt::format("The picture has {} bytes; at most {} are accepted", size, limits.max_bytes)}
                .with_limit(size, limits.max_bytes),
            Access::write);
    auto decoded = decode_base64_bytes(text);
    if (!decoded)
        return bad_agent_argument(fmt::format("The argument {} is not base64; A-Z, a-z, 0-9, + and / padded "
                                              "with = are accepted",
                                              name));
    return ImageBytes{*std::move(decoded)};
}

ProblemOr<Rendition> AgentArguments::box(std::string_view width, std::string_view height) const {
    Rendition box;
    for (const auto& [name, side] : {std::pair{width, &box.width}, {height, &box.height}}) {
        const auto pixels = number(name);
        if (!pixels)
            return pixels.error();
        if (std::cmp_greater(*pixels, max_rendition_side))
            return bad_agent_argument(fmt::format(
                "The argument {} is {}; at most {} is accepted, or 0 to follow from the aspect ratio", name,
                *pixels, max_rendition_side));
        if (*pixels > 0)
            *side = static_cast<std::uint32_t>(*pixels);
    }
    return box;
}

AgentValue value_of_text(AgentArgumentType type, ImageBytes text) {
    if (type == AgentArgumentType::text)
        return text;
    const auto stripped = trimmed(text.text(), white_space);
    if (type != AgentArgumentType::bytes) {
        if (stripped.empty())
            return NullValue{};
        if (const auto number = parse_number<std::int64_t>(stripped))
            return *number;
        if (type != AgentArgumentType::either)
            return OtherValue{};
    }
    return text.slice(static_cast<std::size_t>(stripped.data() - text.text().data()), stripped.size());
}

} // namespace portrait::http
