#include "support/secrets.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <mutex>
#include <set>
#include <unordered_set>

namespace portrait::testing {
namespace {

constexpr std::size_t shortest = 4;
constexpr std::size_t shortest_token = 12;

std::mutex mutex;
std::set<std::string, std::less<>>& noted() {
    static std::set<std::string, std::less<>> secrets;
    return secrets;
}

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](unsigned char letter) { return std::islower(letter) != 0; });
}

std::string lower_case(std::string_view text) {
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return lower;
}

void note_token(std::string_view token) {
    if (token.size() >= shortest_token)
        note_secret(token);
}

/// Of `name=value; name=value`.
void note_cookies(std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find(';'), text.size());
        const auto pair = text.substr(0, end);
        if (const auto equals = pair.find('=');
            equals != std::string_view::npos && pair.find("Path") == pair.npos)
            note_token(pair.substr(equals + 1));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

} // namespace

void note_secret(std::string_view secret) {
    if (secret.size() < shortest || is_plain(secret))
        return;
    const std::lock_guard lock{mutex};
    noted().emplace(secret);
}

void note_secrets_of(std::string_view field, std::string_view value) {
    const auto name = lower_case(field);
    if (name == "authorization")
        note_token(value.substr(std::min(value.find_last_of(' ') + 1, value.size())));
    else if (name == "so-apptoken" || name == "x-xsrf-token")
        note_token(value);
    else if (name == "cookie" || name == "set-cookie")
        note_cookies(value);
}

// One pass for each length and not for each secret: a flood of guesses notes many thousands.
std::vector<std::string> secrets_in(std::string_view text) {
    const std::lock_guard lock{mutex};
    std::map<std::size_t, std::unordered_set<std::string_view>> by_length;
    for (const auto& secret : noted())
        by_length[secret.size()].insert(secret);
    std::set<std::string> found;
    for (const auto& [length, secrets] : by_length)
        for (std::size_t position = 0; position + length <= text.size(); ++position)
            if (const auto secret = secrets.find(text.substr(position, length)); secret != secrets.end())
                found.emplace(*secret);
    return {found.begin(), found.end()};
}

} // namespace portrait::testing
