#include "commands_fixture.hpp"
#include "e2e/demo_user.hpp"

#include "support/catch.hpp"
#include "support/raw_http.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace upkeep_test {

using namespace portrait::testing;
using namespace portrait::testing::commands;

namespace {

namespace fs = std::filesystem;

} // namespace

TEST_CASE("tags of pictures that a restoration lost name no later picture", "[e2e][upkeep]") {
    const TemporaryFolder folder;
    std::string lost_tag;
    {
        ServerProcess server{serve(folder)};
        REQUIRE(put_image(server.port(), 1, picture(1)).status == 200);
        REQUIRE(run(folder, {"backup", "backup", "--data", "portrait-data"}).exit_code == 0);
        lost_tag = put_image(server.port(), 1, picture(2)).field("ETag");
        REQUIRE_FALSE(lost_tag.empty());
        REQUIRE(server.terminate().exit_code == 0);
    }
    REQUIRE(run(folder, {"restore", "backup", "--data", "restored"}).exit_code == 0);
    ServerProcess server{serve(folder, "restored")};
    const auto port = server.port();
    const auto present = put_image(port, 1, picture(3));
    REQUIRE(present.status == 200);
    // It would be equal if tags were made of versions alone.
    CHECK(present.field("ETag").substr(present.field("ETag").find('.')) ==
          lost_tag.substr(lost_tag.find('.')));
    const auto get = [&](RawFields fields) {
        return fetch(port, "GET", image_path(1), as_demo_user(std::move(fields)));
    };
    CHECK(get({{"If-None-Match", lost_tag}}).body == picture(3));
    CHECK(get({{"Range", "bytes=0-9"}, {"If-Range", lost_tag}}).body == picture(3));
    const RawFields write{{"Content-Type", "image/jpeg"}, {"If-Match", lost_tag}};
    CHECK(fetch(port, "PUT", image_path(1), as_demo_user(write), picture(4)).status == 412);
    CHECK(get_image(port, 1).body == picture(3));
}

TEST_CASE("a backup during writes is a snapshot that a second server can serve", "[e2e][upkeep]") {
    const TemporaryFolder folder;
    ServerProcess server{serve(folder)};
    const auto port = server.port();
    // One writer in rounds: at any time the first persons have round n, the others n - 1.
    constexpr int persons = 10;
    const auto seed = [](std::uint32_t round, int person) {
        return round * 1000 + static_cast<std::uint32_t>(person);
    };
    std::atomic<bool> writing{true};
    std::atomic<std::uint32_t> round{0};
    std::atomic<int> bad{0};
    std::thread writer{[&] {
        for (; writing; ++round)
            for (int person = 1; person <= persons; ++person)
                bad += put_image(port, person, picture(seed(round, person))).status == 200 ? 0 : 1;
    }};
    while (round < 2)
        std::this_thread::yield();
    for (int times = 0; times < 3; ++times) { // into the same folder: the later ones are incremental
        const auto before = round.load();
        const auto end = run(folder, {"backup", "backup", "--data", "portrait-data"});
        CAPTURE(end.out, end.err, times);
        REQUIRE(end.exit_code == 0);
        CHECK_THAT(end.out, Catch::Contains("10 pictures"));
        const auto restored = "restored-" + std::to_string(times);
        REQUIRE(run(folder, {"restore", "backup", "--data", restored}).exit_code == 0);
        ServerProcess second{serve(folder, restored.c_str())};
        const auto other = second.port();
        const auto round_of = [&](int person) {
            const auto body = get_image(other, person).body;
            for (auto guess = before == 0 ? 0 : before - 1; guess <= round; ++guess)
                if (body == picture(seed(guess, person)))
                    return std::int64_t{guess};
            return std::int64_t{-1};
        };
        const auto first = round_of(1);
        CHECK(first >= 0);
        auto last = first;
        for (int person = 2; person <= persons; ++person) {
            const auto its = round_of(person);
            CHECK((its == last || (its == first - 1 && last == first)));
            last = its;
        }
        CHECK(second.terminate().exit_code == 0);
        CHECK(run(folder, {"check", "--data", restored}).exit_code == 0);
    }
    writing = false;
    writer.join();
    CHECK(bad == 0);
    CHECK(server.terminate().exit_code == 0);
    // The backup itself can be served, too.
    ServerProcess third{serve(folder, "backup")};
    CHECK(get_image(third.port(), 1).status == 200);
}

TEST_CASE("a damaged picture is answered 500 and logged, and check reports it", "[e2e][upkeep][fault]") {
    const TemporaryFolder folder;
    {
        ServerProcess server{serve(folder)};
        const auto port = server.port();
        for (int person = 1; person <= 3; ++person)
            REQUIRE(put_image(port, person, picture(static_cast<std::uint32_t>(person))).status == 200);
        CHECK(server.terminate().exit_code == 0);
    }
    damage_byte(folder / "portrait-data" / "pictures" / "00000001.seg", 4096 + 700); // in the second picture
    const auto named = Catch::Matches("(.|\\n)*blob 2 of person 2: [^\\n]*00000001[.]seg at 4096(.|\\n)*");
    const auto alone = run(folder, {"check"});
    CHECK(alone.exit_code == 1);
    CHECK_THAT(alone.out, named);
    CHECK_THAT(alone.err, Catch::Contains("The check found 1 fault\n"));

    ServerProcess server{serve(folder)};
    const auto port = server.port();
    CHECK(get_image(port, 1).status == 200);
    const auto broken = get_image(port, 2);
    CHECK(broken.status == 500);
    CHECK_THAT(broken.body, !Catch::Contains(".seg"));
    CHECK(get_image(port, 3).status == 200);
    server.wait_for_err("00000001.seg at 4096");
    const auto served = run(folder, {"check"});
    CHECK(served.exit_code == 1);
    CHECK_THAT(served.out, named);
    const auto copied = run(folder, {"backup", "backup"});
    CHECK(copied.exit_code == 1);
    CHECK_THAT(copied.out, named);
    // A new picture replaces the damaged one.
    CHECK(put_image(port, 2, picture(22)).status == 200);
    CHECK(get_image(port, 2).body == picture(22));
    CHECK(run(folder, {"check"}).exit_code == 0);
    CHECK(run(folder, {"backup", "backup"}).exit_code == 0);
    CHECK(run(folder, {"check", "--data", "backup"}).exit_code == 0);
}

TEST_CASE("restore and backup overwrite nothing", "[e2e][upkeep]") {
    const TemporaryFolder folder;
    ServerProcess server{serve(folder)};
    REQUIRE(put_image(server.port(), 1, picture(1)).status == 200);
    REQUIRE(run(folder, {"backup", "backup"}).exit_code == 0);
    const auto onto_live = run(folder, {"restore", "backup"});
    CHECK(onto_live.exit_code == 2);
    const auto onto_itself = run(folder, {"backup", "portrait-data"});
    CHECK(onto_itself.exit_code == 1);
    CHECK(get_image(server.port(), 1).body == picture(1));
    CHECK(server.terminate().exit_code == 0);
    const auto onto_closed = run(folder, {"restore", "backup"});
    CHECK(onto_closed.exit_code == 2);
    CHECK_THAT(onto_closed.err, Catch::Contains("nothing is overwritten"));
    CHECK(run(folder, {"restore", "nowhere", "--data", "new"}).exit_code == 2);
    const auto nothing = run(folder, {"check", "--data", "nowhere"});
    CHECK(nothing.exit_code == 2);
    CHECK_THAT(nothing.err, Catch::Contains("holds no portrait database"));
    CHECK_FALSE(fs::exists(folder / "nowhere"));
}

} // namespace upkeep_test
