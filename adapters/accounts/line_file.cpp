#include "line_file.hpp"

#include "text_file.hpp"

#include <portrait/http/utf8.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace portrait::http {

namespace {

std::string_view take_line(std::string_view& text) noexcept {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

std::optional<std::int32_t> parse_id(std::string_view column) {
    const auto id = column.empty() ? 0 : number_of<std::int32_t>(column).value_or(-1);
    return id >= 0 ? std::optional{id} : std::nullopt;
}

[[nodiscard]] result<void> check_line(std::string_view line) {
    if (line.size() > max_account_line)
        return Error{errc::file_invalid, fmt::format("it has more than {} bytes", max_account_line)};
    if (!is_utf8(line) || has_control_characters(line))
        return Error{errc::file_invalid, "it is not valid UTF-8 or has control characters"};
    return {};
}

} // namespace

result<void>
for_each_line(std::string_view text, std::string_view file,
              const std::function<result<void>(std::string_view line, std::size_t number)>& take) {
    if (text.size() > max_account_file_bytes)
        return Error{errc::file_invalid,
                     fmt::format("The {} has more than {} bytes", file, max_account_file_bytes)};
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto line = take_line(text);
        if (line.starts_with('#') || line.find_first_not_of(" \t") == std::string_view::npos)
            continue;
        auto taken = check_line(line);
        if (taken)
            taken = take(line, number);
        if (!taken)
            return Error{errc::file_invalid,
                         fmt::format("Line {} of the {}: {}", number, file, taken.error().message())};
    }
    return {};
}

std::string with_line(std::string_view text, std::size_t number, std::string_view line) {
    std::string changed;
    changed.reserve(text.size() + line.size() + 1);
    for (std::size_t at = 1; !text.empty(); ++at) {
        const auto before = text;
        take_line(text);
        changed += at == number ? line : before.substr(0, before.size() - text.size());
    }
    if (number == 0) {
        if (!changed.empty() && changed.back() != '\n')
            changed += '\n';
        changed += line;
    }
    return changed;
}

std::vector<std::string_view> columns_of(std::string_view line, std::size_t count) {
    std::vector<std::string_view> columns;
    for (auto colon = line.find(':'); colon != std::string_view::npos; colon = line.find(':')) {
        columns.push_back(line.substr(0, colon));
        line.remove_prefix(colon + 1);
    }
    columns.push_back(line);
    if (columns.size() > count)
        return {};
    columns.resize(count);
    return columns;
}

result<Principal> parse_principal(std::string_view name, std::string_view associate_id,
                                  std::string_view full_name, std::string_view person_id,
                                  std::string_view rights) {
    const auto malformed = [](std::string message) { return Error{errc::file_invalid, std::move(message)}; };
    if (name.empty() || name.size() > max_user_name_length || full_name.size() > max_user_name_length)
        return malformed(
            fmt::format("the name is missing, or a name has more than {} bytes", max_user_name_length));
    const auto associate = parse_id(associate_id);
    if (!associate)
        return malformed("the associate id is not a number from 0 to 2147483647");
    const auto person = parse_id(person_id);
    if (!person)
        return malformed("the person id is not a number from 0 to 2147483647");
    if (!rights.empty() && rights != "read" && rights != "read,write")
        return malformed("the rights are neither read nor read,write");
    Principal principal;
    principal.name = name;
    principal.actor = {*associate, principal.name, std::string{full_name.empty() ? name : full_name},
                       *person};
    principal.may_write = rights != "read";
    return principal;
}

std::string columns_of(const Principal& principal) {
    const auto& actor = principal.actor;
    return fmt::format("{}:{}:{}:{}", actor.associate_id,
                       actor.full_name == principal.name ? "" : actor.full_name, actor.person_id,
                       principal.may_write ? "read,write" : "read");
}

bool fits_column(std::string_view name) {
    return name.size() <= max_user_name_length && is_utf8(name) && !has_control_characters(name) &&
           name.find(':') == std::string_view::npos;
}

result<std::int32_t> next_associate_id(std::int32_t largest) {
    if (largest == std::numeric_limits<std::int32_t>::max())
        return Error{errc::account_invalid, "No associate id is left; another account has 2147483647"};
    return largest + 1;
}

} // namespace portrait::http
