#include "sign_in_form.hpp"

#include "utf8.hpp"

#include <boost/url/params_encoded_view.hpp>
#include <boost/url/parse_query.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace portrait::http {

namespace {

Error malformed(std::string message) {
    return {errc::info_text_invalid, std::move(message)};
}

/// Nobody's names and passwords have control characters, and so have no form fields of theirs.
bool is_text(std::string_view text) {
    return is_utf8(text) && !has_control_characters(text);
}

} // namespace

result<SignInForm> parse_sign_in_form(std::string_view body) {
    if (body.size() > max_sign_in_form_length)
        return malformed(fmt::format("The form has more than {} bytes", max_sign_in_form_length));
    // Boost.URL 1.81 looks for a NUL behind the text, whatever its size says.
    const std::string terminated{body};
    const auto fields = boost::urls::parse_query(terminated);
    if (!fields)
        return malformed("The form is not valid application/x-www-form-urlencoded");

    SignInForm form;
    std::string sign_out;
    const std::array<std::pair<std::string_view, std::string*>, 4> known{{{"user", &form.user},
                                                                          {"password", &form.password},
                                                                          {"sign_out", &sign_out},
                                                                          {"XSRF_TOKEN", &form.xsrf_value}}};
    std::array<bool, 4> seen{};
    boost::urls::encoding_opts plus_is_space;
    plus_is_space.space_as_plus = true;
    for (const auto field : *fields) {
        const std::string key = field.key.decode(plus_is_space);
        for (std::size_t index = 0; index < known.size(); ++index) {
            if (key != known[index].first)
                continue;
            if (std::exchange(seen[index], true))
                return malformed(fmt::format("The form has the field {} twice", known[index].first));
            *known[index].second = field.value.decode(plus_is_space);
            if (!is_text(*known[index].second))
                return malformed(fmt::format(
                    "The form's field {} is not UTF-8 text without control characters", known[index].first));
        }
    }
    form.sign_out = seen[2];
    return form;
}

} // namespace portrait::http
