#include "support/catch.hpp"

#include "load.hpp"
#include "store_fixture.hpp"

#include <portrait/testing/conformance/several_stores.hpp>
#include <portrait/testing/store_commands.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// A standby that becomes the primary.
namespace postgres_failover_test {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing;              // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;           // NOLINT(google-build-using-namespace)

/// A host that takes connections and never answers, as one whose power is lost.
class SilentHost {
public:
    SilentHost() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const auto path = (folder_ / ".s.PGSQL.5432").string();
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(socket_, 100) != 0)
            throw std::runtime_error{"no socket " + path};
    }
    SilentHost(const SilentHost&) = delete;
    SilentHost& operator=(const SilentHost&) = delete;
    ~SilentHost() { ::close(socket_); }

    std::string folder() const { return folder_.path().string(); }

private:
    TemporaryFolder folder_;
    int socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

std::string connection_to(const std::vector<std::string>& hosts) {
    std::string list;
    for (const auto& host : hosts)
        list += (list.empty() ? "" : ",") + host;
    return "host=" + list + " user=postgres dbname=postgres target_session_attrs=read-write";
}

/// Tags of the pictures that were saved, and ids of the blobs that were made.
class Seen {
public:
    using Tag = std::tuple<std::string, std::int32_t, std::int64_t, std::int64_t>;

    /// Saves and keeps the tag. False: it had been given to other bytes.
    bool save(PostgresImageStore& store, std::int32_t person_id, std::uint32_t seed) {
        const auto saved = store.save(save_command(person(person_id), seed));
        if (!saved)
            return true;
        if (saved->created && !ids_.insert(saved->info.blob_id.value()).second)
            return false;
        const auto& info = saved->info;
        const Tag tag{info.epoch, info.blob_id.value(), info.blob_version, info.link_version};
        return tags_.emplace(tag, std::pair{person_id, seed}).second;
    }

    std::int32_t last_id() const { return *ids_.rbegin(); }

private:
    std::map<Tag, std::pair<std::int32_t, std::uint32_t>> tags_;
    std::set<std::int32_t> ids_;
};

void wait_until_replicating(const PostgresServer& primary, const std::string& state) {
    primary.wait_until("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = '" + state + "'");
}

template<class Condition>
bool comes_true(const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!condition())
        if (std::chrono::steady_clock::now() > end)
            return false;
        else
            std::this_thread::sleep_for(1ms);
    return true;
}

TEST_CASE("a failover to a synchronous standby under load loses no acknowledged write", "[postgres][fault]") {
    for (int count = 0; count < repetitions(1); ++count) {
        PostgresServer primary;
        const SilentHost silent;
        open_store_at(primary.connection()).reset();
        PostgresServer standby{primary, "standby"};
        primary.set("synchronous_standby_names", "standby");
        wait_until_replicating(primary, "sync");
        const auto hosts =
            connection_to({silent.folder(), primary.folder().string(), standby.folder().string()});
        const auto one = open_store_at(hosts);
        const auto other = open_store_at(hosts);
        const auto epoch = one->epoch();
        Seen seen;
        for (std::int32_t id = 101; id <= 110; ++id)
            REQUIRE(seen.save(*one, id, 1));

        Load load{{one.get(), other.get()}, 8};
        load.wait_for_writes(200);
        primary.stop(SIGQUIT);
        standby.run("SELECT pg_promote()");
        const auto promoted = std::chrono::steady_clock::now();
        load.wait_for_writes(100);
        const auto took = std::chrono::steady_clock::now() - promoted;
        WARN("writes go on " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
                             << " ms after the promotion; " << load.unknown() << " unknown, "
                             << load.refused() << " refused");
        load.stop();
        CHECK(load.unexpected() == 0);
        CHECK(comes_true([&] { return one->writable() && other->writable(); }));
        load.check(*one);
        load.check(*other);

        CHECK(one->epoch() != epoch);
        CHECK(one->epoch() == other->epoch());
        for (std::int32_t id = 101; id <= 120; ++id)
            CHECK(seen.save(id % 2 == 0 ? *one : *other, id, 2));
        CHECK(seen.last_id() > 1'000'000);
    }
}

TEST_CASE("a failover to a standby that is behind gives no tag and no id again", "[postgres][fault]") {
    PostgresServer primary;
    open_store_at(primary.connection()).reset();
    PostgresServer standby{primary, "standby"};
    wait_until_replicating(primary, "async");
    const auto hosts = connection_to({primary.folder().string(), standby.folder().string()});
    const auto one = open_store_at(hosts);
    const auto other = open_store_at(hosts);
    Seen seen;
    for (std::int32_t id = 1; id <= 5; ++id)
        REQUIRE(seen.save(*one, id, 1));
    primary.wait_until("SELECT replay_lsn = pg_current_wal_lsn() FROM pg_stat_replication");
    const auto kept = one->info(person(5)).value().version();
    const auto epoch = one->epoch();

    // What is written now is lost with the primary.
    standby.stop(SIGINT);
    for (std::int32_t id = 3; id <= 60; ++id)
        REQUIRE(seen.save(*one, id, 2));
    REQUIRE(has_picture(*other, person(5), 2));
    const auto last_id = seen.last_id();
    primary.stop(SIGQUIT);
    standby.start();
    standby.run("SELECT pg_promote()");

    CHECK(comes_true([&] {
        return one->writable() && other->writable() && one->epoch() != epoch &&
               one->epoch() == other->epoch();
    }));
    CHECK(has_picture(*one, person(5), 1));                        // lost indeed
    const auto version = other->info(person(5)).value().version(); // known, so the epoch has to differ
    CHECK(version != kept);
    CHECK(version.blob_id == kept.blob_id);
    CHECK(version.blob_version == kept.blob_version);
    CHECK(version.link_version == kept.link_version);
    auto command = save_command(person(5), 9);
    command.precondition = if_match(kept);
    CHECK(other->save(command).error() == errc::precondition_failed);
    CHECK(other->image(person(60)).error() == errc::image_none);
    for (std::int32_t id = 3; id <= 60; ++id)
        CHECK(seen.save(id % 2 == 0 ? *one : *other, id, 3));
    CHECK(seen.last_id() >= last_id + 900'000);
}

} // namespace postgres_failover_test
