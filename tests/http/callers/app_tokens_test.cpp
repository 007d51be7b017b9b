#include "support/catch.hpp"

#include <portrait/http/caller_options.hpp>

namespace app_tokens_test {

using namespace portrait::http;

TEST_CASE("application tokens match by their whole text", "[http][app-token]") {
    AppTokens tokens;
    CHECK(tokens.empty());
    CHECK_FALSE(tokens.contains(""));
    tokens.add("");
    CHECK(tokens.empty());
    tokens.add("first-token");
    tokens.add("second");
    CHECK_FALSE(tokens.empty());
    CHECK(tokens.contains("first-token"));
    CHECK(tokens.contains("second"));
    for (const auto* other : {"", "first", "first-token ", "FIRST-TOKEN", "secon", "third"})
        CHECK_FALSE(tokens.contains(other));
}

} // namespace app_tokens_test
