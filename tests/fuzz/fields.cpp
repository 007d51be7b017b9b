#include "input.hpp"

#include "agents/agent_answers.hpp"
#include "callers/authorization.hpp"
#include "callers/sign_in.hpp"
#include "headers/content_types.hpp"
#include "headers/field_syntax.hpp"
#include "headers/negotiation.hpp"
#include "localization/localization.hpp"
#include "pictures/conditional.hpp"
#include "pictures/image_query.hpp"

#include <portrait/http/log.hpp>
#include <portrait/image_info.hpp>

#include <array>

using namespace portrait;
using namespace portrait::fuzzing;

namespace {

constexpr std::array field_names{
    "Authorization", "Accept",   "Accept-Language",     "SO-Language",  "SO-Culture",
    "SO-TimeZone",   "If-Match", "If-None-Match",       "If-Range",     "If-Modified-Since",
    "Range",         "Cookie",   "If-Unmodified-Since", "Content-Type", "X-Request-Id",
    "traceparent",
};

void read_credentials(const http::RequestHead& head) {
    (void)http::authorization_of(head, {});
    (void)http::find_cookie(head, "PORTRAIT_SESSION");
    require(http::is_request_id(http::request_id(head)));
}

void read_types(const http::RequestHead& head, std::string_view value) {
    (void)http::negotiate(head);
    (void)http::negotiate_binary(head);
    (void)http::body_type_of(&value);
    (void)http::parse_selection(value);
    (void)http::wanted_rendition({}, ImageFormat::png, head, true);
    const auto upload = http::classify_upload(&value, {ConvertibleFormat::heic});
    require((upload.kind == http::UploadType::Kind::multipart) ==
            http::is_multipart_boundary(upload.boundary));
}

void read_conditions(const http::RequestHead& head, std::string_view value) {
    const ImageInfo info{.blob_id = BlobId::from(1).value()};
    (void)http::write_precondition(head, "5d0c");
    (void)http::read_condition(head, info, "\"1.1.1\"", {});
    (void)http::range_applies(head, "\"1.1.1\"", std::chrono::sys_seconds{});
    require(http::parse_entity_tags(value).tags.size() <= http::max_entity_tags);
    if (const auto date = http::parse_http_date(value, Timestamp{}))
        require(http::parse_http_date(http::format_http_date(*date), Timestamp{}) == date);
    constexpr std::uint64_t bytes = 1000;
    if (const auto range = http::select_range(&value, bytes))
        require(range->first <= bytes && range->length <= bytes - range->first);
}

void read_languages(const http::RequestHead& head, std::string_view value) {
    require(http::wanted_languages(head).size() <= http::max_wanted_languages);
    if (const auto zone = http::requested_time_zone(head))
        require(!http::render_date(Timestamp{}, *zone, true).empty());
    const http::LocalizationOptions options;
    if (const auto localization = http::Localization::of(head, options)) {
        (void)localization->date(Timestamp{});
        // A client that sends a text back unchanged changes nothing.
        require(localization->merge(value, localization->text(value)) == value);
    }
}

} // namespace

/// The input is the value of every field that has a parser.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto value = text_of(data, size);
    http::RequestHead head{.method = "GET", .target = "/api/v1/Person/1/Image"};
    for (const auto* name : field_names)
        head.fields.push_back({name, value});
    read_credentials(head);
    read_types(head, value);
    read_conditions(head, value);
    read_languages(head, value);
    head.fields.push_back({"traceparent", value});
    (void)http::logged_fields(head);
    return 0;
}
