#pragma once

#include "agents/agents.hpp"
#include "headers/body_types.hpp"

#include <portrait/http/problem.hpp>
#include <portrait/id.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/limits.hpp>

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace portrait::http {

template<class T>
using ProblemOr = boost::system::result<T, Problem>;

/// The most ids that a list may have.
inline constexpr std::size_t max_agent_ids = 1000;

/// `null`.
struct NullValue {};
/// A value that is none of the others, such as an object or a fraction.
struct OtherValue {};

/// An argument's value. A text shares the body's memory where it stands there as it is. Absent: the first.
using AgentValue =
    std::variant<std::monostate, NullValue, std::int64_t, ImageBytes, std::vector<std::int64_t>, OtherValue>;

/// The arguments in a call's body. `null` and absent ones are the same but for texts. Each getter gives a 400
/// that names the argument when its value is of another type or out of range, or when it is needed and not
/// there.
class AgentArguments {
public:
    explicit AgentArguments(std::span<const AgentArgument> wanted);

    /// Null when no argument has this name in any case: it is to be ignored.
    AgentValue* find(std::string_view name) noexcept;
    const AgentArgument* description(std::string_view name) const noexcept;

    /// Whether it is there and not null.
    bool has(std::string_view name) const;
    /// Whether there was a body that holds arguments, even if none of those that the call takes.
    bool given() const noexcept { return given_; }
    void set_given() noexcept { given_ = true; }

    [[nodiscard]] ProblemOr<PersonId> person_id() const;
    /// From 1 on.
    [[nodiscard]] ProblemOr<BlobId> blob_id(std::string_view name) const;
    /// 0 or absent: nothing.
    [[nodiscard]] ProblemOr<std::optional<BlobId>> optional_blob_id(std::string_view name) const;
    /// Absent: 0.
    [[nodiscard]] ProblemOr<std::int32_t> number(std::string_view name) const;
    /// In the order of the body; at most `max_agent_ids`.
    [[nodiscard]] ProblemOr<std::vector<std::int32_t>> numbers(std::string_view name) const;
    /// Null: an empty text.
    [[nodiscard]] ProblemOr<std::optional<std::string>> text(std::string_view name) const;
    /// Of a type `either`; nothing when it is absent or of another type.
    std::optional<std::variant<std::int64_t, std::string>> name_or_number(std::string_view name) const;
    /// The bytes that a base64 text stands for; none when it is absent or empty. 413 over `limits`.
    [[nodiscard]] ProblemOr<ImageBytes> bytes(std::string_view name, const Limits& limits) const;

private:
    const AgentValue& value(std::string_view name) const;

    std::span<const AgentArgument> wanted_;
    std::vector<AgentValue> values_; ///< of `wanted_`, one each
    bool given_ = false;
};

/// Reads the arguments that a call takes; an empty body and `null` have none. 400 for a malformed body.
[[nodiscard]] ProblemOr<AgentArguments> read_agent_arguments(std::span<const AgentArgument> wanted,
                                                             BodyType type, const ImageBytes& body);

/// The three notations. They put what they find into `arguments`; a later one of the same name counts.
[[nodiscard]] ProblemOr<void> read_json_arguments(const ImageBytes& body, AgentArguments& arguments);
[[nodiscard]] ProblemOr<void> read_xml_arguments(const ImageBytes& body, AgentArguments& arguments);
[[nodiscard]] ProblemOr<void> read_form_arguments(const ImageBytes& body, AgentArguments& arguments);

/// For notations that know texts alone: the value that a text is for an argument of this type.
AgentValue value_of_text(AgentArgumentType type, ImageBytes text);

/// A 400 about the body.
Problem bad_agent_body(std::string message);
/// A 400 about an argument.
Problem bad_agent_argument(std::string message);

} // namespace portrait::http
