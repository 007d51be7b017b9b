#pragma once

#include "headers/content_types.hpp"

#include <portrait/http/problem.hpp>
#include <portrait/id.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_renderer.hpp>
#include <portrait/limits.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace portrait::http {

/// The notation of a call's argument.
enum class AgentArgumentType {
    number,  ///< int32
    numbers, ///< a list of int32
    text,
    bytes,  ///< base64
    either, ///< a name or its number
};

/// An argument of a call.
struct AgentArgument {
    std::string_view name;
    AgentArgumentType type;
};

/// The most ids that a list may have.
inline constexpr std::size_t max_agent_ids = 1000;

/// `null`.
struct NullValue {};
/// A value of none of the other types, such as an object or a fraction.
struct OtherValue {};

/// An argument's value; the first alternative for an absent one. A text shares the body's memory where the
/// body has it unescaped.
using AgentValue =
    std::variant<std::monostate, NullValue, std::int64_t, ImageBytes, std::vector<std::int64_t>, OtherValue>;

/// The arguments in a call's body. `null` equals absence except for texts. Each getter gives a 400 that names
/// the argument when its value has another type or is out of range, or when it is needed and absent.
class AgentArguments {
public:
    struct Argument {
        AgentArgument description;
        AgentValue value{};
    };

    explicit AgentArguments(std::span<const AgentArgument> wanted = {});

    /// The argument of that name, in any case; null: ignore it.
    Argument* find(std::string_view name) noexcept;

    /// Whether it is present and not null.
    bool has(std::string_view name) const;
    /// Whether the body holds arguments, even if the call takes none of them.
    bool given() const noexcept { return given_; }
    void set_given() noexcept { given_ = true; }
    /// Converts the texts of arguments that are numbers, as Json.NET does.
    void read_numbers_in_texts();

    [[nodiscard]] ProblemOr<PersonId> person_id() const;
    [[nodiscard]] ProblemOr<BlobId> blob_entity_id() const;
    /// Empty for 0 and for an absent argument.
    [[nodiscard]] ProblemOr<std::optional<BlobId>> blob_id() const;
    /// 0 for an absent argument.
    [[nodiscard]] ProblemOr<std::int32_t> number(std::string_view name) const;
    /// In the order of the body; at most `max_agent_ids`.
    [[nodiscard]] ProblemOr<std::vector<std::int32_t>> numbers(std::string_view name) const;
    /// An empty text for null.
    [[nodiscard]] ProblemOr<std::optional<std::string>> text(std::string_view name) const;
    /// Of the type `either`: the name, or the number in digits; empty when absent or of another type.
    std::string name_or_number(std::string_view name) const;
    /// The decoded base64 text, white space in it skipped; no bytes when it is absent or empty. 413 over
    /// `limits`.
    [[nodiscard]] ProblemOr<ImageBytes> bytes(std::string_view name, const Limits& limits) const;
    /// A rendition of the sides that two arguments give, each at most `max_rendition_side`. 0 or less leaves
    /// a side to the aspect ratio.
    [[nodiscard]] ProblemOr<Rendition> box(std::string_view width, std::string_view height) const;

private:
    const AgentValue& value(std::string_view name) const;

    std::vector<Argument> arguments_;
    bool given_ = false;
};

/// Reads the wanted arguments; an empty body and `null` have none. The last one of a name counts. 400 for a
/// malformed body.
[[nodiscard]] ProblemOr<AgentArguments> read_agent_arguments(std::span<const AgentArgument> wanted,
                                                             BodyType type, const ImageBytes& body);

/// The value of a text for an argument of this type, for notations that have only texts.
AgentValue value_of_text(AgentArgumentType type, ImageBytes text);

/// 400 for the body.
Problem bad_agent_body(std::string message);
/// 400 for an argument.
Problem bad_agent_argument(std::string message);

} // namespace portrait::http
