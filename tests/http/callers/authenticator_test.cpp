#include "support/catch.hpp"

#include <portrait/http/authenticator.hpp>

#include <stdexcept>

namespace authenticator_test {

using namespace portrait::http;

TEST_CASE("reading the principal of a failure throws std::logic_error", "[http][authenticator]") {
    const AuthenticationOutcome refused = AuthenticationFailure{};
    CHECK_THROWS_AS(refused.value(), std::logic_error);
    const AuthenticationOutcome recognised = Principal{"tje0", {}, true};
    CHECK(recognised.value().name == "tje0");
}

} // namespace authenticator_test
