#include <portrait/http/log.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

namespace trace_parent_test {
namespace {

bool is_trace_parent(std::string_view text) {
    portrait::http::RequestHead head;
    head.fields.push_back({"traceparent", text});
    return !portrait::http::logged_fields(head).trace_parent.empty();
}

} // namespace

TEST_CASE("a traceparent has to follow W3C's format", "[http][trace_parent]") {
    const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    CHECK(is_trace_parent(good));
    CHECK(is_trace_parent("cc" + good.substr(2)));
    CHECK(is_trace_parent("cc" + good.substr(2) + "-what the future brings"));
    for (const std::string& bad : std::vector<std::string>{
             std::string{}, good.substr(1), good + "x", good + "-01", "ff" + good.substr(2),
             "0x" + good.substr(2), "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
             "00-00000000000000000000000000000000-b7ad6b7169203331-01",
             "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
             "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g", "cc" + good.substr(2) + "01",
             "cc" + good.substr(2) + "-" + std::string(300, 'a')}) {
        CAPTURE(bad);
        CHECK_FALSE(is_trace_parent(bad));
    }
}

} // namespace trace_parent_test
