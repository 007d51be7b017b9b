#include "nodes.hpp"

#include "support/catch.hpp"

#include <boost/json/parse.hpp>

#include <barrier>
#include <mutex>
#include <set>

namespace shared_state_test {

using namespace portrait::testing;        // NOLINT(google-build-using-namespace)
using namespace portrait::testing::nodes; // NOLINT(google-build-using-namespace)

namespace {

RawResponse ask(std::uint16_t port, std::string_view method, const std::string& target, RawFields more = {},
                std::string_view body = {}) {
    return fetch(port, method, target, as_demo_user(more), body);
}

RawResponse link(std::uint16_t port, int person, std::int64_t blob_id) {
    return ask(port, "POST", "/api/v1/Agents/BLOB/ChangePersonImage", {{"Content-Type", "application/json"}},
               "{\"PersonId\":" + std::to_string(person) + ",\"BlobId\":" + std::to_string(blob_id) + "}");
}

std::int64_t blob_id_of(std::uint16_t port, int person) {
    const auto info = ask(port, "GET", "/api/v1/Person/" + std::to_string(person) + "/ImageInfo");
    REQUIRE(info.status == 200);
    return boost::json::parse(info.body).at("BlobId").to_number<std::int64_t>();
}

} // namespace

TEST_CASE("what one server has answered, the other one reads", "[e2e][postgres]") {
    TwoNodes nodes{new_database(shared_postgres())};
    for (std::uint32_t round = 0; round < 50; ++round) {
        const auto here = nodes.port(round % 2);
        const auto there = nodes.port(1 - round % 2);
        const auto stored = put_image(here, 7, picture(round));
        REQUIRE(stored.status == 200);
        const auto read = get_image(there, 7);
        CHECK(read.status == 200);
        CHECK(read.body == picture(round));
        CHECK(read.field("ETag") == stored.field("ETag"));
        CHECK(ask(there, "GET", image_path(7), {{"If-None-Match", stored.field("ETag")}}).status == 304);
        if (round % 5 == 4) {
            CHECK(ask(there, "DELETE", image_path(7)).status == 204);
            CHECK(get_image(here, 7).status == 404);
        }
    }
    CHECK(fetch(nodes.port(0), "GET", "/readyz").status == 200);
    for (std::size_t index = 0; index < 2; ++index)
        CHECK(nodes.node(index).terminate().exit_code == 0);
    CHECK_FALSE(std::filesystem::exists(nodes.folder() / "portrait-data"));
}

TEST_CASE("of writes with one If-Match on two servers exactly one wins", "[e2e][postgres]") {
    TwoNodes nodes{new_database(shared_postgres())};
    REQUIRE(put_image(nodes.port(0), 7, picture(0)).status == 200);
    constexpr int clients = 6;
    for (std::uint32_t round = 1; round <= 20; ++round) {
        const auto tag = ask(nodes.port(round % 2), "HEAD", image_path(7)).field("ETag");
        std::atomic<int> won{0};
        std::atomic<int> refused{0};
        std::barrier start{clients};
        std::vector<std::thread> threads;
        for (std::uint32_t client = 0; client < clients; ++client)
            threads.emplace_back([&, client] {
                RawConnection connection{nodes.port(client % 2)};
                const auto request = request_text(
                    "PUT", image_path(7), as_demo_user({{"Content-Type", "image/jpeg"}, {"If-Match", tag}}),
                    picture(round * clients + client));
                start.arrive_and_wait();
                connection.send(request);
                const auto status = connection.read_response().status;
                ++(status == 200 ? won : refused);
                if (status != 200)
                    won += status == 412 ? 0 : 100;
            });
        for (auto& thread : threads)
            thread.join();
        CHECK(won == 1);
        CHECK(refused == clients - 1);
    }
}

TEST_CASE("links and removals that are raced on two servers leave whole pictures", "[e2e][postgres]") {
    TwoNodes nodes{new_database(shared_postgres())};
    for (std::uint32_t round = 0; round < 20; ++round) {
        REQUIRE(put_image(nodes.port(0), 1, picture(round)).status == 200);
        const auto blob_id = blob_id_of(nodes.port(1), 1);
        std::barrier start{2};
        unsigned linked = 0;
        unsigned removed = 0;
        std::thread other{[&] {
            start.arrive_and_wait();
            removed = ask(nodes.port(1), "DELETE", image_path(1)).status;
        }};
        start.arrive_and_wait();
        linked = link(nodes.port(0), 2, blob_id).status;
        other.join();
        CAPTURE(linked, removed);
        CHECK(removed == 204);
        CHECK(linked < 500);
        const auto here = get_image(nodes.port(0), 2);
        const auto there = get_image(nodes.port(1), 2);
        CHECK(here.status == there.status);
        CHECK(here.body == there.body);
        CHECK(get_image(nodes.port(0), 1).status == 404);
        if (here.status == 200)
            CHECK(here.body == picture(round));
        ask(nodes.port(0), "DELETE", image_path(2));
    }
    const auto check = run(nodes.folder(), nodes.store(), {"check"});
    INFO(check.out << check.err);
    CHECK(check.exit_code == 0);
}

TEST_CASE("two servers give no tag and no blob id twice", "[e2e][postgres]") {
    TwoNodes nodes{new_database(shared_postgres())};
    std::mutex mutex;
    std::multiset<std::string> tags;
    std::multiset<std::string> ids;
    std::atomic<int> faults{0};
    std::vector<std::thread> threads;
    for (std::uint32_t client = 0; client < 6; ++client)
        threads.emplace_back([&, client] {
            const int person = static_cast<int>(client / 2) + 1; // two clients of different servers for each
            for (std::uint32_t round = 0; round < 30; ++round) {
                const auto stored = put_image(nodes.port(client % 2), person, picture(client * 1000 + round));
                faults += stored.status == 200 ? 0 : 1;
                const std::lock_guard lock{mutex};
                tags.insert(stored.field("ETag"));
            }
            for (std::uint32_t round = 0; round < 10; ++round) {
                const int own = static_cast<int>(client) + 10;
                faults += put_image(nodes.port(round % 2), own, picture(round)).status == 200 ? 0 : 1;
                const auto info = ask(nodes.port(client % 2), "GET",
                                      "/api/v1/Person/" + std::to_string(own) + "/ImageInfo");
                faults += ask(nodes.port(1 - round % 2), "DELETE", image_path(own)).status == 204 ? 0 : 1;
                const std::lock_guard lock{mutex};
                ids.insert(std::to_string(boost::json::parse(info.body).at("BlobId").to_number<int>()));
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(faults == 0);
    CHECK(tags.count("") == 0);
    CHECK(tags.size() == 180);
    CHECK(std::set<std::string>(tags.begin(), tags.end()).size() == 180);
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 60);
}

} // namespace shared_state_test
