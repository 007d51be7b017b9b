#include <portrait/http/request_framing.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

namespace request_target_test {

using portrait::http::check_framing;
using portrait::http::RequestHead;

namespace {

/// The target after the check; `refused` when it is.
std::string target_of(std::string_view target, std::string_view method = "GET") {
    RequestHead head{.method = method, .target = target};
    head.fields.push_back({"Host", "a"});
    return check_framing(head, 1) ? std::string{"refused"} : std::string{head.target};
}

} // namespace

TEST_CASE("one scheme and one authority are taken off an absolute target", "[http][hostile]") {
    CHECK(target_of("/healthz") == "/healthz");
    CHECK(target_of("http://a/healthz?x#") == "/healthz?x#");
    CHECK(target_of("HtTpS://a:8443/healthz") == "/healthz");
    CHECK(target_of("https://[::1]:8443/") == "/");
    CHECK(target_of("http://a") == "/");
    // The host `https` with an empty port; the rest is a path, whatever it looks like.
    CHECK(target_of("http://https://x/metrics") == "//x/metrics");
    CHECK(target_of("https://http://x/metrics") == "//x/metrics");
    CHECK(target_of("http://http://x/metrics") == "//x/metrics");
    CHECK(target_of("http://https://http://x/metrics") == "//http://x/metrics");
    CHECK(target_of("http://a/http://b/metrics") == "/http://b/metrics");
    CHECK(target_of("http://https:/healthz") == "/healthz");
    CHECK(target_of("//x/metrics") == "//x/metrics");
    for (const auto* target :
         {"http://", "http:///metrics", "http:/metrics", "http:metrics", "http://u@a/metrics", "http://a?x",
          "http://a#x", "ftp://a/metrics", "https//a/metrics", "://a/metrics", "", "metrics", "*"}) {
        CAPTURE(target);
        CHECK(target_of(target) == "refused");
    }
    CHECK(target_of("*", "OPTIONS") == "*");
    CHECK(target_of("http://*", "OPTIONS") == "/");
}

} // namespace request_target_test
