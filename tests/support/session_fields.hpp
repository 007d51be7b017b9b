#pragma once

#include "support/raw_http.hpp"

#include <string>

namespace portrait::testing {

/// The fields that a browser sends after an answer to a sign-in: its cookies and the XSRF value.
template<class Response>
RawFields session_fields(const Response& signed_in) {
    std::string cookies;
    std::string xsrf;
    for (const auto& [name, value] : signed_in.fields) {
        if (name != "Set-Cookie")
            continue;
        const std::string pair{value.substr(0, value.find(';'))};
        cookies += (cookies.empty() ? "" : "; ") + pair;
        if (pair.starts_with("XSRF-TOKEN="))
            xsrf = pair.substr(pair.find('=') + 1);
    }
    return {{"Cookie", cookies}, {"X-XSRF-TOKEN", xsrf}};
}

} // namespace portrait::testing
