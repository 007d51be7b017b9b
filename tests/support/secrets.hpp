#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Which passwords, tokens and cookies the tests of this process have used, so that logs can be searched for
/// them.
namespace portrait::testing {

/// What is so short or so plain that a log may well say it by chance is passed over.
void note_secret(std::string_view secret);

/// Takes the secrets out of a request's or an answer's field: of Authorization, Cookie, Set-Cookie and so on.
void note_secrets_of(std::string_view field, std::string_view value);

/// Those of the noted ones that a text holds.
std::vector<std::string> secrets_in(std::string_view text);

} // namespace portrait::testing
