#include "headers/field_syntax.hpp"

#include "head_with.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace request_id_test {

using namespace portrait::http;
using portrait::testing::head_with;

TEST_CASE("a valid request id of the caller is kept", "[http][request_id]") {
    CHECK(request_id(head_with({{"X-Request-Id", "a"}})) == "a");
    CHECK(request_id(head_with({{"x-request-id", "Trace_7.b-9"}})) == "Trace_7.b-9");
    CHECK(is_request_id(std::string(64, 'x')));
}

TEST_CASE("an invalid request id is replaced by a fresh one", "[http][request_id]") {
    const std::string sent =
        GENERATE(std::string{}, std::string(65, 'x'), std::string{"a b"}, std::string{"a\r\nSet-Cookie: x"},
                 std::string{"a/b"}, std::string{"\xC3\xA5"}, std::string("a\0b", 3), std::string{"\"a\""});
    CHECK_FALSE(is_request_id(sent));
    const auto id = request_id(head_with({{"X-Request-Id", sent}}));
    CHECK(id != sent);
    CHECK(is_request_id(id));
}

TEST_CASE("fresh request ids are 16 hexadecimal digits and differ on all threads", "[http][request_id]") {
    constexpr std::size_t threads = 4;
    constexpr std::size_t each = 5000;
    std::vector<std::vector<std::string>> made(threads);
    {
        std::vector<std::jthread> makers;
        for (auto& ids : made)
            makers.emplace_back([&ids] {
                for (std::size_t index = 0; index < each; ++index)
                    ids.push_back(request_id(head_with({})));
            });
    }
    std::set<std::string> all;
    for (const auto& ids : made)
        all.insert(ids.begin(), ids.end());
    CHECK(all.size() == threads * each);
    CHECK(std::all_of(all.begin(), all.end(), [](const std::string& id) {
        return id.size() == 15 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
    }));
}

} // namespace request_id_test
