#pragma once

#include <string>
#include <vector>

namespace portrait::http::testing {

/// One request as bytes, with the expected answer of a server with the user tje0.
struct HostileRequest {
    const char* name;
    std::string text;
    unsigned status;
    const char* rule; ///< in the answer's body; empty for an answer without a rule, or to HEAD
    bool closes;      ///< the connection ends after the answer
};

/// Returns requests with ambiguous heads and bodies, requests beyond the limits, and unusual forms of
/// targets, versions and paths. Well-formed writes are for invalid person ids, so that no request changes a
/// picture.
std::vector<HostileRequest> hostile_requests();

} // namespace portrait::http::testing
