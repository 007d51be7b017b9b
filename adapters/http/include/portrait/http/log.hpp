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
    std::string_view principal; ///< empty before anybody was recognised
    /// The partner application: the first 16 hexadecimal digits of its SO-AppToken's SHA-256, as `sha256sum`
    /// of the token starts; empty without one. Recorded whether or not it is a listed one (contract section
    /// 4).
    std::string_view application;
    std::string_view method;
    std::string_view path;
    unsigned status = 0;
    std::uint64_t request_bytes = 0;       ///< of the body, as received
    std::uint64_t response_bytes = 0;      ///< of the body, as sent
    std::chrono::microseconds duration{0}; ///< from the request's first byte to the answer's last
    /// The part of it until the request had arrived with its body; 0 when it never did.
    std::chrono::microseconds received{0};
    std::string_view route; ///< of the table, such as `/api/v1/Person/{personId}/Image`; static; may be empty
    std::string_view rule;  ///< that a refusal names; static; empty for other answers
    /// W3C's `traceparent` when the request has a valid one.
    std::string_view trace_parent;
};

/// What a request's head gives to its access record. The trace parent is a view into the head.
struct LoggedFields {
    std::string application; ///< empty without an SO-AppToken
    std::string_view trace_parent;
};
PORTRAIT_EXPORT LoggedFields logged_fields(const RequestHead& head);

/// Port: where the adapter tells what happened. Called on any thread; must not block for long and must not
/// throw.
class PORTRAIT_EXPORT Log {
public:
    virtual ~Log() = default;
    virtual void event(Severity severity, std::string_view message, std::string_view request_id) = 0;
    virtual void access(const AccessRecord& record) = 0;
};

} // namespace portrait::http
