#include "headers/field_syntax.hpp"
#include "headers/query.hpp"
#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

#include <portrait/http/utf8.hpp>

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace portrait::http {
namespace {

constexpr std::size_t max_page = 200;   // persons
constexpr std::size_t max_search = 255; // bytes

/// Reads a parameter that isn't empty into the listing. Returns the values that are accepted when this one
/// isn't, for `bad_parameter`.
std::string_view read_parameter(std::string_view name, std::string_view value, PersonListing& listing) {
    if (equal_ignoring_case(name, "search")) {
        if (value.size() > max_search || !is_utf8(value))
            return "at most 255 bytes of UTF-8 are";
        listing.search = value;
    } else if (equal_ignoring_case(name, "hasImage")) {
        if (!equal_ignoring_case(value, "true") && !equal_ignoring_case(value, "false"))
            return "true and false are";
        listing.has_image = equal_ignoring_case(value, "true");
    } else if (equal_ignoring_case(name, "after")) {
        listing.after = parse_number<std::int32_t>(value);
        if (!listing.after || *listing.after < 0)
            return "the Next of a page is";
    } else if (equal_ignoring_case(name, "limit")) {
        const auto limit = parse_number<std::size_t>(value);
        if (!limit || *limit < 1 || *limit > max_page)
            return "a whole number from 1 to 200 is";
        listing.limit = *limit;
    }
    return {};
}

ProblemOr<PersonListing> parse_listing(const boost::urls::url_view& url) {
    PersonListing listing;
    for (const auto& parameter : url.params()) {
        const std::string_view value = parameter.value;
        if (value.empty())
            continue; // as absent: so the platform binds an optional value
        const auto accepted = read_parameter(parameter.key, value, listing);
        if (!accepted.empty())
            return bad_parameter("request.bad_parameter", parameter.key, value, accepted);
    }
    return listing;
}

/// GET /api/v1/portrait/persons (contract section 1): a page of persons, found by id or name, with or without
/// a picture.
Begun begin_get_persons(const RequestPointer& request) {
    auto listing = parse_listing(request->url());
    if (!listing)
        return listing.error();
    return Exchange{[request, listing = *std::move(listing)](const ImageBytes& /*body*/, const Reply& reply) {
        reply(answer_of(request->service().persons(listing), [&](const ListedPersons& page) {
            boost::json::array items;
            for (const auto& [person, image] : page.persons)
                items.push_back({{"PersonId", person.id.value()},
                                 {"FullName", person.full_name},
                                 {"HasImage", image.has_value()},
                                 {"ETag", image ? boost::json::value(request->image_tag(*image)) : nullptr}});
            boost::json::object document{{"Items", std::move(items)}, {"Next", nullptr}};
            if (page.next)
                document["Next"] = fmt::format_int{*page.next}.str();
            auto response = document_answer(request->response_type(), "Persons", document);
            response.set("Cache-Control", "no-store");
            return response;
        }));
    }};
}

} // namespace

constinit const Route get_persons{.method = "GET",
                                  .path = "/api/v1/portrait/persons",
                                  .summary = "A page of persons, with the versions of their pictures",
                                  .begin = &begin_get_persons,
                                  .document = {.subject = "Persons",
                                               .parameters = {"search", "hasImage", "after", "limit"},
                                               .answers = {{200, BodyContent::persons}},
                                               .refusals = {400, 503}}};

} // namespace portrait::http
