#include "callers/browser_sessions.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace portrait::http {

namespace {

/// In whole seconds, so that a limit of any length compares without an overflow.
std::chrono::seconds whole_seconds(SteadyTimestamp::duration duration) {
    return std::chrono::floor<std::chrono::seconds>(duration);
}

} // namespace

Sessions::Sessions(SessionOptions options, std::shared_ptr<const SteadyClock> clock)
    : options_{options}
    , clock_{std::move(clock)}
    , xsrf_key_{random_bytes()} {}

std::string Sessions::start(const Principal& principal) {
    auto secret = random_secret();
    const auto digest = sha256(secret);
    const std::lock_guard lock{mutex_};
    const auto now = clock_->now();
    make_room(principal.name, now);
    const auto place = longest_idle_first_.insert(longest_idle_first_.end(), {digest, principal, now, now});
    places_.emplace(digest, place);
    ++of_principal_[principal.name];
    return secret;
}

std::optional<Principal> Sessions::find(std::string_view secret) {
    if (secret.size() != session_secret_length)
        return std::nullopt;
    const auto digest = sha256(secret);
    const std::lock_guard lock{mutex_};
    const auto found = places_.find(digest);
    if (found == places_.end())
        return std::nullopt;
    const auto place = found->second;
    const auto now = clock_->now();
    if (is_over(*place, now)) {
        erase(place);
        return std::nullopt;
    }
    place->used = std::max(place->used, now);
    longest_idle_first_.splice(longest_idle_first_.end(), longest_idle_first_, place);
    return place->principal;
}

bool Sessions::end(std::string_view secret) {
    const auto digest = sha256(secret);
    const std::lock_guard lock{mutex_};
    const auto found = places_.find(digest);
    if (found == places_.end())
        return false;
    erase(found->second);
    return true;
}

std::string Sessions::xsrf_value(std::string_view secret) const {
    return base64url(hmac_sha256(xsrf_key_, secret));
}

bool Sessions::is_xsrf_value(std::string_view secret, std::string_view value) const {
    return equal_secrets(std::string_view{xsrf_value(secret)}, value);
}

std::size_t Sessions::count() const {
    const std::lock_guard lock{mutex_};
    return places_.size();
}

bool Sessions::is_over(const Session& session, SteadyTimestamp now) const noexcept {
    return whole_seconds(now - session.used) >= options_.idle ||
           whole_seconds(now - session.started) >= options_.lifetime;
}

void Sessions::erase(Place place) {
    const auto count = of_principal_.find(place->principal.name);
    if (count != of_principal_.end() && --count->second == 0)
        of_principal_.erase(count);
    places_.erase(place->digest);
    longest_idle_first_.erase(place);
}

void Sessions::make_room(const std::string& principal, SteadyTimestamp now) {
    while (!longest_idle_first_.empty() &&
           (is_over(longest_idle_first_.front(), now) ||
            longest_idle_first_.size() >= std::max<std::size_t>(options_.most, 1)))
        erase(longest_idle_first_.begin());
    const auto own = of_principal_.find(principal);
    if (own == of_principal_.end() || own->second < std::max<std::size_t>(options_.most_of_one_principal, 1))
        return;
    const auto oldest =
        std::find_if(longest_idle_first_.begin(), longest_idle_first_.end(),
                     [&](const Session& session) { return session.principal.name == principal; });
    if (oldest != longest_idle_first_.end())
        erase(oldest);
}

} // namespace portrait::http
