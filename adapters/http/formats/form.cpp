#include "formats/form.hpp"

#include <portrait/http/utf8.hpp>

#include <boost/url/pct_string_view.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace portrait::http {
namespace {

std::optional<std::string> decoded(std::string_view text) {
    const auto encoded = boost::urls::make_pct_string_view(text);
    if (!encoded)
        return std::nullopt;
    boost::urls::encoding_opts options;
    options.space_as_plus = true;
    auto plain = encoded->decode(options);
    return is_utf8(plain) ? std::optional{std::move(plain)} : std::nullopt;
}

} // namespace

ProblemOr<std::vector<FormField>> read_form(std::string_view body) {
    std::vector<FormField> fields;
    while (!body.empty()) {
        const auto pair = body.substr(0, body.find('&'));
        body.remove_prefix(std::min(pair.size() + 1, body.size()));
        if (pair.empty())
            continue;
        if (fields.size() == max_form_fields)
            return limit_problem(400, "request.form_too_many_fields",
                                 fmt::format("The form has more than {} fields", max_form_fields),
                                 max_form_fields + 1, max_form_fields);
        const auto equals = std::min(pair.find('='), pair.size());
        if (equals > max_form_name_length)
            return limit_problem(
                400, "request.form_name_too_long",
                fmt::format("The name of a form's field has more than {} bytes", max_form_name_length),
                equals, max_form_name_length);
        auto name = decoded(pair.substr(0, equals));
        auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value)
            return plain_problem(400, "request.form_malformed",
                                 "The form has a malformed percent-escape or is not UTF-8 when decoded");
        fields.push_back({*std::move(name), *std::move(value)});
    }
    return fields;
}

} // namespace portrait::http
