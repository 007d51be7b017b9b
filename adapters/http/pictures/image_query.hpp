#pragma once

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/image_info.hpp>
#include <portrait/image_renderer.hpp>

#include <boost/url/url_view.hpp>

#include <cstdint>
#include <optional>

namespace portrait::http {

/// The largest width and height of a rendition, in pixels.
inline constexpr std::uint32_t max_rendition_side = 4096;

/// The parameters of GET Image.
struct ImageQuery {
    Rendition rendition;                 ///< empty: as stored
    std::optional<Placeholder> if_blank; ///< replaces a missing picture
};

/// Parses w, h, type, crop and ifBlank, names in any case; ignores other parameters. 400 for values that
/// aren't in the contract.
[[nodiscard]] ProblemOr<ImageQuery> parse_image_query(const boost::urls::url_view& url);

/// The rendition that the parameters and Accept ask for (contract section 2), with a format. `present` is
/// the type of the stored picture; a placeholder is a PNG. Accept decides only without a type: if it excludes
/// `present`, the type of ours that it prefers is taken, if there is one and `can_convert`.
Rendition wanted_rendition(Rendition asked, ImageFormat present, const RequestHead& head, bool can_convert);

} // namespace portrait::http
