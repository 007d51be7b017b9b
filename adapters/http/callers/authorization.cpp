#include "callers/authorization.hpp"

#include "headers/field_syntax.hpp"

#include "formats/base64.hpp"

#include <portrait/http/secret_digest.hpp>
#include <portrait/http/utf8.hpp>

#include <boost/throw_exception.hpp>

#include <openssl/crypto.h>

#include <stdexcept>
#include <utility>

namespace portrait::http {
namespace {

/// Reads user and password, or a ticket in place of the user with an empty password. A ticket has a colon
/// itself.
Authorization parse_basic(std::string_view token, bool with_tickets) {
    auto decoded = decode_base64(token);
    if (!decoded)
        return MalformedAuthorization{"The Basic credentials are not base64"};
    Authorization authorization = MalformedAuthorization{"The Basic credentials have no colon"};
    const auto colon = decoded->find(':');
    if (!is_utf8(*decoded))
        authorization = MalformedAuthorization{"The Basic credentials are not UTF-8"};
    else if (has_control_characters(*decoded))
        authorization = MalformedAuthorization{"The Basic credentials have control characters"};
    else if (with_tickets && decoded->starts_with("7T:") && decoded->ends_with(':'))
        authorization = Credentials{TicketCredentials{decoded->substr(0, decoded->size() - 1)}};
    else if (colon != std::string::npos)
        authorization = Credentials{BasicCredentials{decoded->substr(0, colon), decoded->substr(colon + 1)}};
    OPENSSL_cleanse(decoded->data(), decoded->size());
    return authorization;
}

} // namespace

Authorization authorization_of(const RequestHead& head, const AuthenticationSchemes& schemes) {
    const auto* const value = head.find("Authorization");
    if (value == nullptr)
        return std::monostate{};
    if (head.count("Authorization") > 1)
        return MalformedAuthorization{"The request has more than one Authorization field"};
    if (value->size() > max_authorization_length)
        return MalformedAuthorization{"The Authorization field is too long"};
    const auto scheme = value->substr(0, value->find(' '));
    auto token = value->substr(scheme.size());
    skip(token, " "); // RFC 9110 section 11.4: one or more spaces
    const bool basic = schemes.basic && equal_ignoring_case(scheme, "Basic");
    const bool ticket = schemes.so_ticket && equal_ignoring_case(scheme, "SoTicket");
    const bool bearer = schemes.bearer && equal_ignoring_case(scheme, "Bearer");
    if (!basic && !ticket && !bearer)
        return MalformedAuthorization{"The Authorization scheme is unknown or off"};
    if (token.empty())
        return MalformedAuthorization{"The Authorization field has a scheme and no credentials"};
    if (basic)
        return parse_basic(token, schemes.so_ticket);
    if (has_control_characters(token))
        return MalformedAuthorization{"The Authorization field has control characters"};
    if (ticket)
        return Credentials{TicketCredentials{std::string{token}}};
    return Credentials{BearerCredentials{std::string{token}}};
}

bool is_basic(const RequestHead& head) noexcept {
    const auto* const value = head.find("Authorization");
    return value != nullptr && equal_ignoring_case(value->substr(0, value->find(' ')), "Basic");
}

void set_challenges(Response& response, const AuthenticationSchemes& schemes) {
    std::string challenges;
    const auto add = [&](bool on, std::string_view challenge) {
        if (on)
            challenges.append(challenges.empty() ? "" : ", ").append(challenge);
    };
    add(schemes.basic, R"(Basic realm="portrait", charset="UTF-8")");
    add(schemes.so_ticket, "SoTicket");
    add(schemes.bearer, "Bearer");
    if (!challenges.empty())
        response.set("WWW-Authenticate", challenges);
}

Problem problem_of(const AuthenticationFailure& failure) {
    switch (failure.kind) {
    case AuthenticationFailure::Kind::busy: {
        auto problem = plain_problem(429, "authentication.busy",
                                     "Too many sign-in attempts at present; try again later");
        problem.retry_after = failure.retry_after;
        return problem;
    }
    case AuthenticationFailure::Kind::unavailable: {
        auto problem = problem_of(Error{errc::store_unreachable}.with_cause(failure.cause), Access::read);
        problem.retry_after = failure.retry_after;
        return problem;
    }
    case AuthenticationFailure::Kind::broken: {
        auto problem = plain_problem(500, "authentication.broken", "The caller could not be authenticated");
        problem.cause = failure.cause;
        return problem;
    }
    case AuthenticationFailure::Kind::rejected: break;
    }
    return plain_problem(401, "authentication.failed",
                         "Authentication failed; send valid credentials in the Authorization header");
}

void throw_exception_from_error(const AuthenticationFailure& failure, const boost::source_location& where) {
    using Kind = AuthenticationFailure::Kind;
    const auto* const what = failure.kind == Kind::busy ? "Too busy to check the credentials"
                             : failure.kind == Kind::unavailable
                                 ? "The credentials can't be checked at present"
                             : failure.kind == Kind::broken ? "The credentials could not be checked"
                                                            : "The credentials were rejected";
    boost::throw_with_location(std::logic_error{what}, where);
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): overriding functions keep it
void Authenticator::revalidate(const Principal& principal, std::function<void(AuthenticationOutcome)> done) {
    done(principal);
}

void AppTokens::add(std::string_view token) {
    if (!token.empty())
        hashes_.push_back(sha256(token));
}

bool AppTokens::contains(std::string_view token) const {
    const auto hash = sha256(token);
    bool found = false;
    for (const auto& listed : hashes_)
        found |= equal_secrets(listed, hash);
    return found;
}

} // namespace portrait::http
