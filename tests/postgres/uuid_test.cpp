#include "support/catch.hpp"

#include "client/uuid.hpp"

#include <chrono>
#include <set>
#include <thread>

namespace postgres_uuid_test {

using namespace portrait::postgres; // NOLINT(google-build-using-namespace)

TEST_CASE("new ids differ, and later ones are greater", "[postgres]") {
    std::set<Uuid> made;
    for (int count = 0; count < 1000; ++count)
        made.insert(new_uuid());
    CHECK(made.size() == 1000);
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
    CHECK(*made.rbegin() < new_uuid());
    for (const auto& uuid : made) {
        CHECK((uuid.bytes[6] & std::byte{0xF0}) == std::byte{0x70});
        CHECK((uuid.bytes[8] & std::byte{0xC0}) == std::byte{0x80});
    }
}

} // namespace postgres_uuid_test
