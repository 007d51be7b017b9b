#include "callers/session_secret.hpp"

#include <portrait/http/secret_digest.hpp>

namespace portrait::http {

std::string xsrf_value(std::string_view secret) {
    // With a prefix, because the secret's own digest is the session's key in its store.
    return base64url(sha256(std::string{"XSRF-TOKEN "}.append(secret)));
}

bool is_xsrf_value(std::string_view secret, std::string_view value) {
    return equal_secrets(std::string_view{xsrf_value(secret)}, value);
}

} // namespace portrait::http
