#include "endpoint.hpp"
#include "input.hpp"

#include <portrait/http/request_framing.hpp>

#include <algorithm>

using namespace portrait;
using namespace portrait::fuzzing;

namespace {

std::string_view next_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

std::string_view next_word(std::string_view& line) {
    const auto end = line.find(' ');
    const auto word = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return word;
}

} // namespace

/// The input is a request to an endpoint over the memory store. This parser of the head accepts more than the
/// server's, so that more inputs reach the routes; connection.cpp uses the server's parser.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto rest = text_of(data, size);
    http::RequestHead head;
    auto line = next_line(rest);
    head.method = next_word(line);
    head.target = next_word(line);
    for (line = next_line(rest); !line.empty() && head.fields.size() < 64; line = next_line(rest)) {
        const auto colon = line.find(':');
        auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
        value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
        head.fields.push_back({line.substr(0, colon), value});
    }
    head.content_length = rest.size();
    if (http::check_framing(head, 1))
        return 0;
    const auto response = make_endpoint()->handle(head, ImageBytes::copy_of(rest));
    require(response.status >= 200 && response.status < 600 && response.status != 500);
    return 0;
}
