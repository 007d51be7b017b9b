#include "callers/sign_in_form.hpp"

#include "formats/form.hpp"

#include <portrait/http/problem.hpp>
#include <portrait/http/utf8.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace portrait::http {

ProblemOr<SignInForm> parse_sign_in_form(std::string_view body) {
    const auto bad_form = [](std::string message) {
        return plain_problem(400, "session.bad_form", std::move(message));
    };
    if (body.size() > max_sign_in_form_length)
        return bad_form(fmt::format("The form has more than {} bytes", max_sign_in_form_length));
    auto fields = read_form(body);
    if (!fields)
        return bad_form(fields.error().message);

    SignInForm form;
    std::string sign_out;
    struct Field {
        std::string_view name;
        std::string* value;
        bool seen = false;
    };
    std::array<Field, 4> known{{{"user", &form.user},
                                {"password", &form.password},
                                {"sign_out", &sign_out},
                                {"XSRF_TOKEN", &form.xsrf_value}}};
    for (auto& [name, value] : *fields) {
        auto* const field =
            std::find_if(known.begin(), known.end(), [&field_name = name](const Field& candidate) {
                return candidate.name == field_name;
            });
        if (field == known.end())
            continue;
        if (std::exchange(field->seen, true))
            return bad_form(fmt::format("The form has the field {} twice", name));
        if (has_control_characters(value))
            return bad_form(fmt::format("The form's field {} has control characters", name));
        *field->value = std::move(value);
    }
    form.sign_out = known[2].seen;
    return form;
}

} // namespace portrait::http
