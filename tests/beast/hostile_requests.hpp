#pragma once

#include <string>
#include <vector>

namespace portrait::http::testing {

/// One request as bytes, with the answer that it must get from a server that knows tje0.
struct HostileRequest {
    const char* what;
    std::string text;
    unsigned status;
    const char* rule; ///< in the answer's body; empty: the answer is no refusal, or to HEAD
    bool closes;      ///< the connection ends after the answer
};

/// What strangers send: heads and bodies that parsers disagree about, limits passed, forms of targets and
/// versions, and paths that mean something else to others. Requests that are well formed put to persons that
/// can't exist, so none changes anything.
std::vector<HostileRequest> hostile_requests();

} // namespace portrait::http::testing
