#pragma once

#include <portrait/export.hpp>
#include <portrait/http/message.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace portrait::http {

enum class Severity { debug, info, warning, error };

/// One answered request. Views are valid during the call only. No secrets and no query string.
struct AccessRecord {
    std::string_view request_id;
    std::string_view remote_address;
    std::string_view principal; ///< empty before authentication
    /// The partner application: the first 16 digits that `sha256sum` prints for its SO-AppToken; empty
    /// without one. Also of tokens that are not listed (contract section 4).
    std::string_view application;
    std::string_view method;
    std::string_view path;
    unsigned status = 0;
    std::uint64_t request_bytes = 0;       ///< of the body, as received
    std::uint64_t response_bytes = 0;      ///< of the body, as sent
    std::chrono::microseconds duration{0}; ///< from the request's first byte to the answer's last
    /// The part until the request and its body were received; 0 when they never were.
    std::chrono::microseconds received{0};
    std::string_view route; ///< such as `/api/v1/Person/{personId}/Image`; static; empty: none matched
    std::string_view rule;  ///< of a refusal; static; empty for other answers
    /// W3C's `traceparent` when the request has a valid one.
    std::string_view trace_parent;
};

/// The parts of an access record that come from the request's head. The trace parent is a view into it.
struct LoggedFields {
    std::string application; ///< empty without an SO-AppToken
    std::string_view trace_parent;
};
PORTRAIT_EXPORT LoggedFields logged_fields(const RequestHead& head);

/// Port: receives events and access records. Called on any thread; must not block for long and must not
/// throw.
class PORTRAIT_EXPORT Log {
public:
    virtual ~Log() = default;
    virtual void event(Severity severity, std::string_view message, std::string_view request_id) = 0;
    virtual void access(const AccessRecord& record) = 0;
};

} // namespace portrait::http
