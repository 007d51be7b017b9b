#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The passwords, tokens and cookies that the tests of this process have used, for searches of logs.
namespace portrait::testing {

/// Notes a secret, unless it is so short or plain that a log may contain it by chance.
void note_secret(std::string_view secret);

/// Notes the secrets in a field of a request or an answer: Authorization, Cookie, Set-Cookie and so on.
void note_secrets_of(std::string_view field, std::string_view value);

/// The noted secrets in a text.
std::vector<std::string> secrets_in(std::string_view text);

} // namespace portrait::testing
