#include "support/catch.hpp"

#include <portrait/trusted_file.hpp>

#include <unistd.h>

#include <string>

namespace trusted_file_test {

using namespace portrait;

namespace {

bool trusts(Trusted kind, std::uint32_t owner, std::uint32_t mode) {
    const auto checked = check_trusted(kind, owner, mode);
    CHECK((checked || checked.error() == errc::file_invalid));
    return checked.has_value();
}

} // namespace

TEST_CASE("files that others can change are not trusted", "[trusted_file]") {
    const std::uint32_t own = ::geteuid();
    for (const std::uint32_t mode : {0600U, 0640U, 0660U, 0400U, 0601U, 0700U, 0710U}) {
        CAPTURE(mode);
        CHECK(trusts(Trusted::secret, own, mode));
        CHECK(trusts(Trusted::file, own, mode));
    }
    for (const std::uint32_t mode : {0602U, 0666U, 0777U, 01777U}) {
        CAPTURE(mode);
        CHECK_FALSE(trusts(Trusted::secret, own, mode));
        CHECK_FALSE(trusts(Trusted::file, own, mode));
        CHECK_FALSE(trusts(Trusted::folder, own, mode));
    }
    CHECK_FALSE(trusts(Trusted::secret, own, 0644));
    CHECK(trusts(Trusted::file, own, 0644));
    CHECK(trusts(Trusted::folder, own, 0755));
    CHECK(trusts(Trusted::folder, own, 0700));
    CHECK_FALSE(trusts(Trusted::folder, own, 0770));
    CHECK_FALSE(trusts(Trusted::folder, own, 01775));
}

TEST_CASE("files of another user are not trusted, those of root are", "[trusted_file]") {
    for (const auto kind : {Trusted::secret, Trusted::file, Trusted::folder}) {
        CHECK(trusts(kind, 0, 0600));
        const auto refused = check_trusted(kind, ::geteuid() + 1, 0600);
        REQUIRE(!refused);
        CHECK_THAT(std::string{refused.error().message()}, Catch::Contains(std::to_string(::geteuid() + 1)));
    }
}

} // namespace trusted_file_test
