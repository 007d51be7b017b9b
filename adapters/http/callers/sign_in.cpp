#include "callers/sign_in.hpp"

#include "formats/form.hpp"
#include "formats/html.hpp"
#include "headers/field_syntax.hpp"

#include <portrait/http/secret_digest.hpp>
#include <portrait/http/utf8.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace portrait::http {
namespace {

/// The path of the sign-in page.
std::string session_path(const CookieScope& scope) {
    return std::string{scope.path == "/" ? std::string_view{} : scope.path}.append("/session");
}

/// Adds the cookies of that name in one field to `found`.
void read_field(std::string_view field, std::string_view name, CookieValue& found) noexcept {
    while (!field.empty()) {
        const auto pair = field.substr(0, field.find(';'));
        field.remove_prefix(std::min(pair.size() + 1, field.size()));
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos || trimmed(pair.substr(0, equals)) != name)
            continue;
        const auto value = trimmed(pair.substr(equals + 1));
        if (found.kind == CookieValue::Kind::absent)
            found = {CookieValue::Kind::found, value};
        else if (found.value != value)
            found.kind = CookieValue::Kind::ambiguous;
    }
}

} // namespace

std::string xsrf_value(std::string_view secret) {
    // The prefix makes it differ from the secret's digest, which is the session's key in its store.
    return base64url(sha256(std::string{"XSRF-TOKEN "}.append(secret)));
}

bool is_xsrf_value(std::string_view secret, std::string_view value) {
    return equal_secrets(std::string_view{xsrf_value(secret)}, value);
}

Response sign_in_page(unsigned status, std::string_view sentence, const CookieScope& scope) {
    const auto alert =
        sentence.empty() ? std::string{} : fmt::format("<p role=\"alert\">{}</p>\n", html_escaped(sentence));
    return html_page(
        status, "Sign in",
        fmt::format("{}<form method=\"post\" action=\"{}\">\n"
                    "<p><label for=\"user\">User</label><br>\n"
                    "<input id=\"user\" name=\"user\" autocomplete=\"username\" required autofocus></p>\n"
                    "<p><label for=\"password\">Password</label><br>\n"
                    "<input id=\"password\" name=\"password\" type=\"password\" "
                    "autocomplete=\"current-password\" required></p>\n"
                    "<p><button type=\"submit\">Sign in</button></p>\n</form>\n",
                    alert, session_path(scope)));
}

Response signed_in_page(std::string_view name, std::string_view xsrf_value, const CookieScope& scope) {
    return html_page(
        200, "Signed in",
        fmt::format("<p>You are signed in as {}.</p>\n<form method=\"post\" action=\"{}\">\n"
                    "<input type=\"hidden\" id=\"XSRF_TOKEN\" name=\"XSRF_TOKEN\" value=\"{}\">\n"
                    "<p><button type=\"submit\" name=\"sign_out\" value=\"1\">Sign out</button></p>\n"
                    "</form>\n",
                    html_escaped(name), session_path(scope), html_escaped(xsrf_value)));
}

void add_cookie(Response& response, std::string_view name, std::string_view value,
                std::string_view attributes, const CookieScope& scope) {
    // `Response::set` keeps one field of a name, but each cookie needs its own.
    response.fields.add("Set-Cookie", fmt::format("{}={}; Path={}; SameSite=Lax{}{}", name, value, scope.path,
                                                  attributes, scope.secure ? "; Secure" : ""));
}

std::string_view session_cookie(const CookieScope& scope) noexcept {
    if (!scope.secure)
        return "PORTRAIT_SESSION";
    return scope.path == "/" ? "__Host-PORTRAIT_SESSION" : "__Secure-PORTRAIT_SESSION";
}

void set_session_cookies(Response& response, std::string_view secret, std::string_view xsrf_value,
                         const CookieScope& scope) {
    add_cookie(response, session_cookie(scope), secret, "; HttpOnly", scope);
    set_xsrf_cookie(response, xsrf_value, scope);
}

void set_xsrf_cookie(Response& response, std::string_view xsrf_value, const CookieScope& scope) {
    add_cookie(response, xsrf_cookie, xsrf_value, "", scope);
}

Response signed_in_answer(bool is_page, const CookieScope& scope) {
    Response response;
    response.status = is_page ? 303 : 204;
    if (is_page)
        response.set("Location", session_path(scope));
    response.set("Cache-Control", "no-store");
    return response;
}

Response signed_out_answer(bool is_page, const CookieScope& scope) {
    auto response = signed_in_answer(is_page, scope);
    add_cookie(response, session_cookie(scope), "", "; HttpOnly; Max-Age=0", scope);
    add_cookie(response, xsrf_cookie, "", "; Max-Age=0", scope);
    return response;
}

std::string_view session_secret_of(const RequestHead& head, const CookieScope& scope) noexcept {
    const auto cookie = find_cookie(head, session_cookie(scope));
    return cookie.kind == CookieValue::Kind::found ? cookie.value : std::string_view{};
}

bool is_of_script(const RequestHead& head) noexcept {
    return head.find("X-XSRF-TOKEN") != nullptr;
}

CookieValue find_cookie(const RequestHead& head, std::string_view name) noexcept {
    std::size_t length = 0;
    for (const auto& field : head.fields)
        length += equal_ignoring_case(field.name, "Cookie") ? field.value.size() : 0;
    CookieValue found;
    if (length > max_cookies_length)
        return found;
    for (const auto& field : head.fields)
        if (equal_ignoring_case(field.name, "Cookie"))
            read_field(field.value, name, found);
    return found;
}

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
