
#include <portrait/http/caller_options.hpp>
#include <portrait/http/secret_digest.hpp>

namespace portrait::http {

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
