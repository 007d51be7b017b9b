#include <portrait/http/network.hpp>

#include "support/catch.hpp"

#include <string>
#include <utility>
#include <vector>

namespace network_test {

using portrait::http::client_network;
using portrait::http::IpAddress;
using portrait::http::Network;

TEST_CASE("an address has one canonical text", "[network]") {
    for (const auto& [text, usual] :
         std::vector<std::pair<std::string, std::string>>{{"192.0.2.1", "192.0.2.1"},
                                                          {"::ffff:192.0.2.1", "192.0.2.1"},
                                                          {"::FFFF:c000:201", "192.0.2.1"},
                                                          {"2001:DB8:0:0::0001", "2001:db8::1"},
                                                          {"::1", "::1"}}) {
        CAPTURE(text);
        REQUIRE(IpAddress::parse(text));
        CHECK(IpAddress::parse(text)->to_string() == usual);
        CHECK(IpAddress::parse(text) == IpAddress::parse(usual));
    }
}

TEST_CASE("a malformed address is refused", "[network]") {
    for (const auto& text :
         {std::string{}, std::string{"192.0.2"}, std::string{"192.0.2.256"}, std::string{"192.0.2.01.1"},
          std::string{" 192.0.2.1"}, std::string{"192.0.2.1 "}, std::string{"0300.0.2.1"},
          std::string{"0x7f.0.0.1"}, std::string{"[::1]"}, std::string{"::1%eth0"}, std::string{"fe80::1::2"},
          std::string{"localhost"}, std::string{"unknown"}, std::string(1000, '1'),
          std::string{"192.0.2.1\0.evil", 15}, std::string{"::1\0", 4}}) {
        CAPTURE(text);
        CHECK_FALSE(IpAddress::parse(text));
        CHECK_FALSE(Network::parse(text));
    }
}

TEST_CASE("a network holds the addresses that begin with its bits", "[network]") {
    struct Row {
        std::string network;
        std::vector<std::string> inside;
        std::vector<std::string> outside;
    };
    for (const auto& row : std::vector<Row>{
             {"10.0.0.1", {"10.0.0.1", "::ffff:10.0.0.1"}, {"10.0.0.0", "10.0.0.2", "::a00:1"}},
             {"10.0.0.0/8", {"10.0.0.0", "10.255.255.255"}, {"9.255.255.255", "11.0.0.0", "::1"}},
             {"192.168.4.0/22", {"192.168.4.0", "192.168.7.255"}, {"192.168.3.255", "192.168.8.0"}},
             {"192.0.2.0/31", {"192.0.2.0", "192.0.2.1"}, {"192.0.2.2"}},
             {"0.0.0.0/0", {"0.0.0.0", "255.255.255.255"}, {"::1", "2001:db8::1"}},
             {"::/0", {"::1", "10.0.0.1"}, {}},
             {"::1", {"::1"}, {"::2", "127.0.0.1"}},
             {"fd00::/8", {"fd00::", "fdff:ffff::1"}, {"fc00::1", "fe00::1"}},
             {"2001:db8:0:8000::/49", {"2001:db8:0:8000::1", "2001:db8:0:ffff::1"}, {"2001:db8:0:7fff::1"}},
             {"::ffff:10.0.0.0/104", {"10.1.2.3"}, {"11.1.2.3"}}}) {
        CAPTURE(row.network);
        const auto network = Network::parse(row.network);
        REQUIRE(network);
        for (const auto& address : row.inside) {
            CAPTURE(address);
            CHECK(network->contains(IpAddress::parse(address).value()));
        }
        for (const auto& address : row.outside) {
            CAPTURE(address);
            CHECK_FALSE(network->contains(IpAddress::parse(address).value()));
        }
    }
}

TEST_CASE("a malformed network is refused", "[network]") {
    for (const auto* text :
         {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ",
          "10.0.0.0/8/8", "10.0.0.0/99999999999", "::1/64", "::/129", "/8", "10.0.0.0/a"}) {
        CAPTURE(text);
        CHECK_FALSE(Network::parse(text));
    }
}

TEST_CASE("a client's network is an IPv4 address or an IPv6 /64", "[http][sign_in_attempts]") {
    CHECK(client_network("192.0.2.7") == "192.0.2.7");
    CHECK(client_network("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::");
    CHECK(client_network("2001:db8:1:2::1") == client_network("2001:0db8:0001:0002:ffff::"));
    CHECK(client_network("2001:db8:1:3::1") != client_network("2001:db8:1:2::1"));
    CHECK(client_network("fe80::1%eth0") == "fe80::");
    CHECK(client_network("") == "");
    CHECK(client_network("unix") == "unix");
}

} // namespace network_test
