#include "pictures/wanted_rendition.hpp"

#include "headers/negotiation.hpp"

#include <array>
#include <span>
#include <string_view>

namespace portrait::http {

namespace {

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

Rendition wanted_rendition(const Rendition& asked, const ImageInfo& info, const RequestHead& head,
                           bool can_convert) {
    auto wanted = asked;
    const auto stored = info.format.value_or(ImageFormat::png);
    if (!wanted.format)
        wanted.format = can_convert ? preferred(stored, head) : stored;
    return wanted;
}

Rendition placeholder_rendition(const Rendition& asked, const RequestHead& head) {
    auto wanted = asked;
    if (!wanted.format)
        wanted.format = preferred(ImageFormat::png, head);
    return wanted;
}

} // namespace portrait::http
