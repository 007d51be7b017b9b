#include <portrait/http/forwarded.hpp>

#include "support/catch.hpp"

#include <optional>
#include <string>
#include <vector>

namespace forwarded_test {

using namespace portrait::http; // NOLINT(google-build-using-namespace)

namespace {

const std::vector<Network> trusted{Network::parse("127.0.0.1").value(), Network::parse("10.0.0.0/8").value(),
                                   Network::parse("fd00::/8").value()};

Forwarded said_by(const std::vector<RequestField>& fields) {
    RequestHead head;
    head.fields.assign(fields.begin(), fields.end());
    return forwarded(head, trusted);
}

/// The client's address, or why there is none.
std::string client_of(const std::vector<RequestField>& fields) {
    const auto said = said_by(fields);
    if (said.is_malformed)
        return "garbled";
    return said.client ? said.client->to_string() : "nobody";
}

std::string client_of(std::string_view value) {
    return client_of(std::vector<RequestField>{{"X-Forwarded-For", value}});
}

} // namespace

TEST_CASE("the client is the right-most address that isn't a trusted proxy's", "[forwarded]") {
    CHECK(client_of("192.0.2.1") == "192.0.2.1");
    CHECK(client_of("192.0.2.1, 10.1.1.1,127.0.0.1") == "192.0.2.1");
    CHECK(client_of("198.51.100.7, 192.0.2.1, 10.1.1.1") == "192.0.2.1"); // what stands before may be a lie
    CHECK(client_of("nonsense, 192.0.2.1") == "192.0.2.1");
    CHECK(client_of("10.2.2.2, 10.1.1.1") == "10.2.2.2"); // all are trusted: the one that is farthest away
    CHECK(client_of("2001:db8::7, fd00::1") == "2001:db8::7");
    CHECK(client_of("::ffff:192.0.2.1") == "192.0.2.1");
    CHECK(client_of("192.0.2.1:4711") == "192.0.2.1");
    CHECK(client_of("[2001:db8::7]:4711") == "2001:db8::7");
    CHECK(client_of("[2001:DB8::7]") == "2001:db8::7");
    CHECK(client_of(" \t192.0.2.1\t ") == "192.0.2.1");
    CHECK(client_of("192.0.2.1,, ,") == "192.0.2.1");
}

TEST_CASE("several fields are one list", "[forwarded]") {
    CHECK(client_of({{"X-Forwarded-For", "198.51.100.7"}, {"x-forwarded-for", "192.0.2.1, 10.1.1.1"}}) ==
          "192.0.2.1");
    CHECK(client_of({{"X-Forwarded-For", "192.0.2.1"}, {"Host", "h"}, {"X-Forwarded-For", "10.1.1.1"}}) ==
          "192.0.2.1");
    CHECK(client_of({{"X-Forwarded-For", "192.0.2.1"}, {"X-Forwarded-For", ""}}) == "192.0.2.1");
}

TEST_CASE("a list that names nobody, or ends in nonsense, leaves the proxy", "[forwarded]") {
    CHECK(client_of(std::vector<RequestField>{}) == "nobody");
    CHECK(client_of("") == "nobody");
    CHECK(client_of(" , ,") == "nobody");
    for (const auto* value :
         {"unknown", "_hidden", "192.0.2.1.", "192.0.2.1, unknown, 10.1.1.1",
          "192.0.2.1:", "192.0.2.1:99999999", "192.0.2.1:a", "[192.0.2.1]", "[::1", "[::1]x",
          "[::1]:", "\"192.0.2.1\"", "for=192.0.2.1", "192.0.2.1 10.1.1.1", "1.1.1.1\x01"}) {
        CAPTURE(value);
        CHECK(client_of(value) == "garbled");
        CHECK_FALSE(said_by({{"X-Forwarded-For", value}}).client);
    }
}

TEST_CASE("10,000 entries are read, and only as far as has to be", "[forwarded][hostile]") {
    std::string all_trusted;
    for (int count = 0; count < 10'000; ++count)
        all_trusted += "10.1.1.1, ";
    CHECK(client_of("192.0.2.1, " + all_trusted) == "192.0.2.1");
    CHECK(client_of(all_trusted + "192.0.2.1") == "192.0.2.1");
    CHECK(client_of(std::string(1U << 20U, ',')) == "nobody");
    CHECK(client_of(std::string(1U << 20U, '1')) == "garbled");
}

TEST_CASE("the scheme is the first that is named", "[forwarded]") {
    const auto secure = [](std::string_view value) { return said_by({{"X-Forwarded-Proto", value}}).secure; };
    CHECK(secure("https") == std::optional{true});
    CHECK(secure("HTTPS") == std::optional{true});
    CHECK(secure(" http ") == std::optional{false});
    CHECK(secure("https, http") == std::optional{true});
    CHECK_FALSE(said_by({}).secure);
    CHECK_FALSE(said_by({}).is_malformed);
    for (const auto* value : {"", "ftp", "https:", "https;", ", https"}) {
        CAPTURE(value);
        CHECK_FALSE(secure(value));
        CHECK(said_by({{"X-Forwarded-Proto", value}}).is_malformed);
    }
}

} // namespace forwarded_test
