#include <portrait/http/request_framing.hpp>

#include "headers/field_syntax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace portrait::http {
namespace {

bool is_line_text(char letter) noexcept {
    return static_cast<unsigned char>(letter) >= ' ' ? letter != '\x7f' : letter == '\t';
}

std::optional<Problem> check_host(const RequestHead& head, unsigned minor_version) {
    const std::size_t count = head.count("Host");
    if (count > 1)
        return malformed("The request has more than one Host field");
    if (count == 0) {
        return minor_version == 0 ? std::nullopt
                                  : std::optional{malformed("An HTTP/1.1 request needs a Host field")};
    }
    if (!is_host(*head.find("Host")))
        return malformed("The Host field is not a host name with an optional port");
    return std::nullopt;
}

// Servers that disagree about a body's end allow request smuggling, so ambiguous framing is refused.
std::optional<Problem> check_length(const RequestHead& head, unsigned minor_version) {
    if (head.count("Content-Length") > 1)
        return malformed("The request has more than one Content-Length field");
    // RFC 9112 section 6.3 would let `5, 5` pass as 5.
    if (const auto* const length = head.find("Content-Length");
        length != nullptr && length->find_first_not_of("0123456789") != std::string_view::npos)
        return malformed("Content-Length is not one decimal number");
    const std::size_t codings = head.count("Transfer-Encoding");
    if (codings == 0)
        return std::nullopt;
    if (head.count("Content-Length") != 0)
        return malformed("The request has both Content-Length and Transfer-Encoding; send one of them");
    if (minor_version == 0)
        return malformed("HTTP/1.0 has no Transfer-Encoding; send Content-Length");
    if (codings > 1 || !equal_ignoring_case(*head.find("Transfer-Encoding"), "chunked")) {
        return plain_problem(501, "request.transfer_encoding",
                             "The only Transfer-Encoding accepted is chunked");
    }
    return std::nullopt;
}

/// The text after `http://` or `https://` at the target's start; absent when it has no scheme.
std::optional<std::string_view> after_scheme(std::string_view target) noexcept {
    for (const std::string_view scheme : {std::string_view{"http://"}, std::string_view{"https://"}})
        if (equal_ignoring_case(target.substr(0, scheme.size()), scheme))
            return target.substr(scheme.size());
    return std::nullopt;
}

std::optional<Problem> check_target(RequestHead& head) {
    if (const auto rest = after_scheme(head.target)) {
        const std::size_t path = rest->find_first_of("/?#");
        const auto authority = rest->substr(0, path);
        if (!is_host(authority) || authority.empty())
            return malformed(
                "The authority of the request's target is not a host name with an optional port");
        head.target = path == std::string_view::npos ? std::string_view{"/"} : rest->substr(path);
    }
    if (head.target.starts_with('/') || (head.target == "*" && head.method == "OPTIONS"))
        return std::nullopt;
    return malformed("The request's target is not a path that begins with '/'");
}

std::optional<Problem> check_expectation(const RequestHead& head, unsigned minor_version) {
    if (minor_version == 0)
        return std::nullopt; // RFC 9110 section 10.1.1: an expectation in HTTP/1.0 means nothing
    for (const RequestField& field : head.fields) {
        if (equal_ignoring_case(field.name, "Expect") && !equal_ignoring_case(field.value, "100-continue")) {
            return plain_problem(417, "request.expectation", "The only expectation accepted is 100-continue");
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<Problem> HeadScanner::scan(std::string_view bytes) {
    for (auto next = bytes.begin(); next != bytes.end() && !complete_; ++next) {
        if (in_fields_ && !after_cr_ && line_bytes_ != 0) {
            const auto* const end = std::find_if_not(next, bytes.end(), is_line_text);
            line_bytes_ += static_cast<std::size_t>(end - next);
            next = end;
            if (next == bytes.end())
                break;
        }
        if (const char* const fault = check(static_cast<unsigned char>(*next)))
            return malformed(fault);
        if (target_bytes_ > target_limit_) {
            return limit_problem(
                414, "request.target_too_long",
                fmt::format("The request's target is longer than the {} bytes accepted", target_limit_),
                std::nullopt, target_limit_);
        }
    }
    return std::nullopt;
}

// Returns the fault, or null.
const char* HeadScanner::check(unsigned char byte) noexcept {
    if (after_cr_ != (byte == '\n'))
        return "A line of the request's head doesn't end in CR LF";
    after_cr_ = byte == '\r';
    if (after_cr_)
        return nullptr;
    if (byte == '\n') {
        complete_ = in_fields_ && line_bytes_ == 0;
        in_fields_ = true;
        line_bytes_ = 0;
        return nullptr;
    }
    const bool blank = byte == ' ' || byte == '\t';
    if ((byte < ' ' && !(in_fields_ && blank)) || byte == 0x7f)
        return "The request's head has a control character";
    if (in_fields_ && blank && line_bytes_ == 0)
        return "A header field of the request spans several lines";
    ++line_bytes_;
    if (!in_fields_) {
        spaces_ += byte == ' ' ? 1 : 0;
        target_bytes_ += byte != ' ' && spaces_ == 1 ? 1 : 0;
    }
    return nullptr;
}

std::optional<Problem> check_framing(RequestHead& head, unsigned minor_version) {
    if (auto problem = check_length(head, minor_version))
        return problem;
    if (auto problem = check_host(head, minor_version))
        return problem;
    if (auto problem = check_target(head))
        return problem;
    return check_expectation(head, minor_version);
}

bool expects_continue(const RequestHead& head, unsigned minor_version) noexcept {
    return minor_version != 0 && head.find("Expect") != nullptr;
}

} // namespace portrait::http
