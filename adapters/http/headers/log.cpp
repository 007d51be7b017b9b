#include <portrait/http/log.hpp>

#include "headers/trace_parent.hpp"

#include <portrait/http/secret_digest.hpp>

namespace portrait::http {

LoggedFields logged_fields(const RequestHead& head) {
    LoggedFields fields;
    if (const auto* const token = head.find("SO-AppToken"))
        fields.application = hexadecimal(sha256(*token)).substr(0, 16);
    if (head.count("traceparent") == 1 && is_trace_parent(*head.find("traceparent")))
        fields.trace_parent = *head.find("traceparent");
    return fields;
}

} // namespace portrait::http
