#include "callers/authorization.hpp"

#include "headers/plain_problem.hpp"

#include "formats/base64.hpp"

#include <portrait/http/message.hpp>
#include <portrait/http/utf8.hpp>

#include <openssl/crypto.h>

#include <utility>

namespace portrait::http {

namespace {

Authorization parse_basic(std::string_view token) {
    auto decoded = decode_base64(token);
    if (!decoded)
        return MalformedAuthorization{"Basic is not base64"};
    Authorization authorization = MalformedAuthorization{"Basic has no colon"};
    const auto colon = decoded->find(':');
    if (!is_utf8(*decoded))
        authorization = MalformedAuthorization{"Basic is not UTF-8"};
    else if (has_control_characters(*decoded))
        authorization = MalformedAuthorization{"Basic has control characters"};
    else if (colon != std::string::npos)
        authorization = Credentials{BasicCredentials{decoded->substr(0, colon), decoded->substr(colon + 1)}};
    OPENSSL_cleanse(decoded->data(), decoded->size());
    return authorization;
}

Authorization parse_opaque(std::string_view token, Credentials credentials) {
    if (has_control_characters(token))
        return MalformedAuthorization{"Authorization has control characters"};
    if (auto* ticket = std::get_if<TicketCredentials>(&credentials))
        ticket->ticket = token;
    else if (auto* bearer = std::get_if<BearerCredentials>(&credentials))
        bearer->token = token;
    return credentials;
}

} // namespace

Authorization parse_authorization(const std::string_view* value, const AuthenticationSchemes& schemes) {
    if (value == nullptr)
        return std::monostate{};
    if (value->size() > max_authorization_length)
        return MalformedAuthorization{"Authorization is too long"};
    const auto space = value->find(' ');
    const auto scheme = value->substr(0, space);
    const bool basic = schemes.basic && equal_ignoring_case(scheme, "Basic");
    const bool ticket = schemes.so_ticket && equal_ignoring_case(scheme, "SoTicket");
    const bool bearer = schemes.bearer && equal_ignoring_case(scheme, "Bearer");
    if (!basic && !ticket && !bearer)
        return MalformedAuthorization{"the scheme of Authorization is none that is on"};
    // RFC 9110 section 11.4: one or more spaces stand before what the scheme shows.
    const auto start =
        space == std::string_view::npos ? std::string_view::npos : value->find_first_not_of(' ', space);
    if (start == std::string_view::npos)
        return MalformedAuthorization{"Authorization shows nothing beside its scheme"};
    const auto token = value->substr(start);
    if (basic)
        return parse_basic(token);
    return ticket ? parse_opaque(token, TicketCredentials{}) : parse_opaque(token, BearerCredentials{});
}

Authorization authorization_of(const RequestHead& head, const AuthenticationSchemes& schemes) {
    if (head.count("Authorization") > 1)
        return MalformedAuthorization{"there is more than one Authorization"};
    return parse_authorization(head.find("Authorization"), schemes);
}

std::string www_authenticate(const AuthenticationSchemes& schemes) {
    std::string challenges;
    const auto add = [&](bool on, std::string_view challenge) {
        if (on)
            challenges.append(challenges.empty() ? "" : ", ").append(challenge);
    };
    add(schemes.basic, R"(Basic realm="portrait", charset="UTF-8")");
    add(schemes.so_ticket, "SoTicket");
    add(schemes.bearer, "Bearer");
    return challenges;
}

void set_challenges(Response& response, const AuthenticationSchemes& schemes) {
    if (auto challenges = www_authenticate(schemes); !challenges.empty())
        response.set("WWW-Authenticate", std::move(challenges));
}

Problem problem_of(const AuthenticationFailure& failure) {
    switch (failure.kind) {
    case AuthenticationFailure::Kind::busy: {
        auto problem = plain_problem(429, "authentication.busy",
                                     "Too many sign-in attempts at present; try again later");
        problem.retry_after = failure.retry_after;
        return problem;
    }
    case AuthenticationFailure::Kind::broken: {
        auto problem = plain_problem(500, "authentication.broken", "who is calling could not be decided");
        problem.cause = failure.cause;
        return problem;
    }
    case AuthenticationFailure::Kind::rejected: break;
    }
    return plain_problem(401, "authentication.failed",
                         "Authentication failed; send valid credentials in the Authorization header");
}

} // namespace portrait::http
