#include "input.hpp"

#include "src/authorization.hpp"
#include "src/conditional.hpp"
#include "src/entity_tag.hpp"
#include "src/http_date.hpp"
#include "src/language.hpp"
#include "src/negotiation.hpp"
#include "src/time_zones.hpp"

#include <initializer_list>

using namespace portrait;
using namespace portrait::fuzzing;

/// One value in every field that has a reader of its own.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto value = text_of(data, size);
    http::RequestHead head{.method = "GET", .target = "/api/v1/Person/1/Image"};
    for (const auto* name : {"Authorization", "Accept", "Accept-Language", "SO-Language", "SO-TimeZone",
                             "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"})
        head.fields.push_back({name, value});
    (void)http::authorization_of(head, {});
    (void)http::negotiate(head);
    require(http::wanted_languages(head).size() <= http::max_wanted_languages);
    if (const auto zone = http::requested_time_zone(head))
        require(!http::render_date(Timestamp{}, *zone, true).empty());
    (void)http::write_precondition(head);
    require(http::parse_entity_tags(value).tags.size() <= http::max_entity_tags);
    if (const auto date = http::parse_http_date(value, Timestamp{}))
        require(http::parse_http_date(http::format_http_date(*date), Timestamp{}) == date);
    return 0;
}
