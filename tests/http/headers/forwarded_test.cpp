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

Forwarded forwarded_in(const std::vector<RequestField>& fields) {
    RequestHead head;
    head.fields.assign(fields.begin(), fields.end());
    return forwarded(head, trusted);
}

/// Returns the client's address, or the reason why there is none.
std::string client_of(const std::vector<RequestField>& fields) {
    const auto found = forwarded_in(fields);
    if (found.is_malformed)
        return "malformed";
    return found.client ? found.client->to_string() : "none";
}

std::string client_of(std::string_view value) {
    return client_of(std::vector<RequestField>{{"X-Forwarded-For", value}});
}

} // namespace

TEST_CASE("the client is the right-most address that isn't a trusted proxy's", "[forwarded]") {
    CHECK(client_of("192.0.2.1") == "192.0.2.1");
    CHECK(client_of("192.0.2.1, 10.1.1.1,127.0.0.1") == "192.0.2.1");
    CHECK(client_of("198.51.100.7, 192.0.2.1, 10.1.1.1") ==
          "192.0.2.1"); // the client may have forged the entries before
    CHECK(client_of("nonsense, 192.0.2.1") == "192.0.2.1");
    CHECK(client_of("10.2.2.2, 10.1.1.1") == "10.2.2.2"); // all are trusted: the first entry
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

TEST_CASE("a list that is empty or ends with an invalid entry leaves the proxy as the client",
          "[forwarded]") {
    CHECK(client_of(std::vector<RequestField>{}) == "none");
    CHECK(client_of("") == "none");
    CHECK(client_of(" , ,") == "none");
    for (const auto* value :
         {"unknown", "_hidden", "192.0.2.1.", "192.0.2.1, unknown, 10.1.1.1",
          "192.0.2.1:", "192.0.2.1:99999999", "192.0.2.1:a", "[192.0.2.1]", "[::1", "[::1]x",
          "[::1]:", "\"192.0.2.1\"", "for=192.0.2.1", "192.0.2.1 10.1.1.1", "1.1.1.1\x01"}) {
        CAPTURE(value);
        CHECK(client_of(value) == "malformed");
        CHECK_FALSE(forwarded_in({{"X-Forwarded-For", value}}).client);
    }
}

TEST_CASE("10,000 entries are read, and no more of them than needed", "[forwarded][hostile]") {
    std::string all_trusted;
    for (int count = 0; count < 10'000; ++count)
        all_trusted += "10.1.1.1, ";
    CHECK(client_of("192.0.2.1, " + all_trusted) == "192.0.2.1");
    CHECK(client_of(all_trusted + "192.0.2.1") == "192.0.2.1");
    CHECK(client_of(std::string(1U << 20U, ',')) == "none");
    CHECK(client_of(std::string(1U << 20U, '1')) == "malformed");
}

TEST_CASE("the host is the first one of the list", "[forwarded]") {
    const auto host = [](std::string_view value) { return forwarded_in({{"X-Forwarded-Host", value}}).host; };
    CHECK(host("a.example") == "a.example");
    CHECK(host(" A.example:8443 ") == "A.example:8443");
    CHECK(host("a.example, inside:8080") == "a.example");
    CHECK(host("[2001:db8::7]:443") == "[2001:db8::7]:443");
    CHECK(forwarded_in({}).host.empty());
    for (const auto* value : {"", " , a", "https://a.example", "a/b", "u@a", "a b", "a\"b", "a<b"}) {
        CAPTURE(value);
        CHECK(host(value).empty());
        CHECK(forwarded_in({{"X-Forwarded-Host", value}}).is_malformed);
    }
}

TEST_CASE("the scheme is the first one of the list", "[forwarded]") {
    const auto secure = [](std::string_view value) {
        return forwarded_in({{"X-Forwarded-Proto", value}}).secure;
    };
    CHECK(secure("https") == std::optional{true});
    CHECK(secure("HTTPS") == std::optional{true});
    CHECK(secure(" http ") == std::optional{false});
    CHECK(secure("https, http") == std::optional{true});
    CHECK_FALSE(forwarded_in({}).secure);
    CHECK_FALSE(forwarded_in({}).is_malformed);
    for (const auto* value : {"", "ftp", "https:", "https;", ", https"}) {
        CAPTURE(value);
        CHECK_FALSE(secure(value));
        CHECK(forwarded_in({{"X-Forwarded-Proto", value}}).is_malformed);
    }
}

} // namespace forwarded_test
