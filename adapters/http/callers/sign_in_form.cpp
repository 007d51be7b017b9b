#include "callers/sign_in_form.hpp"

#include "formats/form.hpp"

#include <portrait/http/utf8.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace portrait::http {

namespace {

Error bad_sign_in_form(std::string message) {
    return {errc::info_text_invalid, std::move(message)};
}

} // namespace

[[nodiscard]] result<SignInForm> parse_sign_in_form(std::string_view body) {
    if (body.size() > max_sign_in_form_length)
        return bad_sign_in_form(fmt::format("The form has more than {} bytes", max_sign_in_form_length));
    auto fields = read_form(body);
    if (!fields)
        return bad_sign_in_form(fields.error().message);

    SignInForm form;
    std::string sign_out;
    const std::array<std::pair<std::string_view, std::string*>, 4> known{{{"user", &form.user},
                                                                          {"password", &form.password},
                                                                          {"sign_out", &sign_out},
                                                                          {"XSRF_TOKEN", &form.xsrf_value}}};
    std::array<bool, 4> seen{};
    for (auto& [name, value] : *fields) {
        for (std::size_t index = 0; index < known.size(); ++index) {
            if (name != known[index].first)
                continue;
            if (std::exchange(seen[index], true))
                return bad_sign_in_form(fmt::format("The form has the field {} twice", name));
            if (has_control_characters(value))
                return bad_sign_in_form(fmt::format("The form's field {} has control characters", name));
            *known[index].second = std::move(value);
            break;
        }
    }
    form.sign_out = seen[2];
    return form;
}

} // namespace portrait::http
