#include "support/catch.hpp"

#include "store_fixture.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/testing/store_commands.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include <pwd.h>
#include <sys/mount.h>
#include <unistd.h>

// A disk that is full.
namespace postgres_full_disk_test {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing;              // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)

/// A file system in memory. Only root can mount one.
class SmallDisk {
public:
    SmallDisk() {
        const auto* const user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
        const auto owner = user != nullptr ? ",uid=" + std::to_string(user->pw_uid) : std::string{};
        is_mounted_ =
            ::mount("none", folder_.path().c_str(), "tmpfs", 0, ("size=4m,mode=0700" + owner).c_str()) == 0;
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() {
        if (is_mounted_)
            ::umount2(folder_.path().c_str(), MNT_DETACH);
    }

    bool is_mounted() const noexcept { return is_mounted_; }
    std::string path() const { return folder_.path().string(); }
    void enlarge() const {
        REQUIRE(::mount("none", folder_.path().c_str(), "tmpfs", MS_REMOUNT, "size=64m") == 0);
    }

private:
    TemporaryFolder folder_;
    bool is_mounted_ = false;
};

TEST_CASE("a full disk refuses writes, and neither reads nor removals", "[postgres][fault]") {
    const SmallDisk disk;
    if (!disk.is_mounted()) {
        WARN("needs the right to mount a file system");
        return;
    }
    PostgresServer server; // ends before the disk
    const auto store = open_store_at(server.connection());
    const auto other = open_store_at(server.connection());
    server.run("CREATE TABLESPACE small LOCATION '" + disk.path() + "'");
    server.run("ALTER TABLE portrait.content SET TABLESPACE small");

    std::int32_t saved = 0;
    std::optional<Error> refusal;
    while (!refusal && saved < 100) {
        const auto outcome = store->save(save_command(person(saved + 1), 1, 0, 200'000));
        if (outcome)
            ++saved;
        else
            refusal = outcome.error();
    }
    REQUIRE(refusal.has_value());
    INFO(refusal->cause());
    CHECK(*refusal == errc::store_full);
    CHECK(refusal->cause().find("53100") != std::string::npos);
    REQUIRE(saved > 0);
    CHECK(other->save(save_command(person(1000), 1, 0, 200'000)).error() == errc::store_full);
    CHECK(store->writable().has_value()); // texts and links need no space there
    for (std::int32_t id = 1; id <= saved; ++id)
        CHECK(other->image(person(id)).value().bytes.text() == content(1, 200'000).bytes.text());
    CHECK(other->image(person(saved + 1)).error() == errc::image_none);
    CHECK(store
              ->update_info({.target = person(1),
                             .description = "d",
                             .actor = actor(1),
                             .now = at(1),
                             .precondition = {}})
              .has_value());
    CHECK(store->remove({.target = person(1), .actor = actor(1), .now = at(2), .precondition = {}})
              .has_value());

    disk.enlarge();
    CHECK(store->save(save_command(person(1000), 1, 0, 200'000)).has_value());
    CHECK(other->image(person(1000)).has_value());
    // What was refused has left nothing.
    CHECK(server.run("SELECT count(*) FROM portrait.content") ==
          server.run("SELECT count(*) FROM portrait.blob"));
}

} // namespace postgres_full_disk_test
