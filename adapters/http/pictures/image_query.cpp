#include "pictures/image_query.hpp"

#include "headers/field_syntax.hpp"
#include "headers/negotiation.hpp"
#include "headers/query.hpp"

#include <portrait/http/message.hpp>

#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>

namespace portrait::http {
namespace {

/// Sets `value` to that of the row with the text's name, in any case.
template<class Value, class Rows>
bool parse_name(std::string_view text, const Rows& rows, Value& value) noexcept {
    for (const auto& [name, named] : rows)
        if (equal_ignoring_case(text, name)) {
            value = named;
            return true;
        }
    return false;
}

constexpr std::pair<std::string_view, ImageFormat> target_types[] = {
    {"JPEG", ImageFormat::jpeg}, {"PNG", ImageFormat::png}, {"GIF", ImageFormat::gif}};

constexpr std::pair<std::string_view, Fit> crops[] = {{"centre", Fit::cover}, {"attention", Fit::attention}};

/// The index is the number of each.
constexpr std::pair<std::string_view, std::optional<Placeholder>> placeholders[] = {
    {"Default", Placeholder::standard},
    {"ClearPixel", Placeholder::clear_pixel},
    {"SrNoPhoto", Placeholder::no_photo},
    {"SrNoPhotoWithBorder", Placeholder::no_photo_with_border},
    {"Null", std::nullopt},
    {"GenericFileIcon", Placeholder::generic_file_icon}};

bool parse_placeholder(std::string_view text, std::optional<Placeholder>& placeholder) noexcept {
    const auto number = parse_number<std::size_t>(text);
    if (!number)
        return parse_name(text, placeholders, placeholder);
    if (*number >= std::size(placeholders))
        return false;
    placeholder = placeholders[*number].second;
    return true;
}

bool parse_side(std::string_view text, std::optional<std::uint32_t>& pixels) noexcept {
    pixels = parse_number<std::uint32_t>(text);
    if (!pixels || *pixels > max_rendition_side)
        return false;
    if (*pixels == 0) // free, as in the agents' calls
        pixels.reset();
    return true;
}

/// The format among those that `head` accepts, `present` if possible.
ImageFormat preferred(ImageFormat present, const RequestHead& head) noexcept {
    const std::array<std::string_view, 1> as_it_is{media_type(present)};
    if (head.find("Accept") == nullptr || best_offer(head, as_it_is))
        return present;
    std::array<std::string_view, all_image_formats.size()> ours;
    for (std::size_t index = 0; index < ours.size(); ++index)
        ours[index] = media_type(all_image_formats[index]);
    const auto best = best_offer(head, ours);
    return best ? all_image_formats[*best] : present;
}

} // namespace

ProblemOr<ImageQuery> parse_image_query(const boost::urls::url_view& url) {
    ImageQuery query;
    for (const auto& parameter : url.params()) {
        const std::string_view value = parameter.value;
        if (value.empty())
            continue; // as absent: so the platform binds an optional value
        const auto is = [&](std::string_view name) { return equal_ignoring_case(parameter.key, name); };
        std::string_view accepted;
        if (is("w") || is("h")) {
            if (!parse_side(value, is("w") ? query.rendition.width : query.rendition.height))
                accepted = "a whole number from 0 to 4096 is";
        } else if (is("type")) {
            if (!parse_name(value, target_types, query.rendition.format))
                accepted = "JPEG, PNG and GIF are";
        } else if (is("crop")) {
            if (!parse_name(value, crops, query.rendition.fit))
                accepted = "centre and attention are";
        } else if (is("ifBlank")) {
            if (!parse_placeholder(value, query.if_blank))
                accepted =
                    "Default, ClearPixel, SrNoPhoto, SrNoPhotoWithBorder, Null, GenericFileIcon and their "
                    "numbers 0 to 5 are";
        }
        if (!accepted.empty())
            return bad_parameter("request.bad_parameter", parameter.key, value, accepted);
    }
    if (query.rendition.fit != Fit::inside && !(query.rendition.width && query.rendition.height))
        return plain_problem(400, "request.bad_parameter", "The query parameter crop needs both w and h");
    return query;
}

Rendition wanted_rendition(Rendition asked, ImageFormat present, const RequestHead& head, bool can_convert) {
    if (!asked.format)
        asked.format = can_convert ? preferred(present, head) : present;
    return asked;
}

} // namespace portrait::http
