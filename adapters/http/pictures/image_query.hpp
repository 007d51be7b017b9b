#pragma once

#include <portrait/http/problem.hpp>
#include <portrait/image_renderer.hpp>

#include <boost/system/result.hpp>
#include <boost/url/url_view.hpp>

#include <cstdint>
#include <optional>

namespace portrait::http {

/// The largest width and height that a rendition may be asked for, in pixels.
inline constexpr std::uint32_t max_rendition_side = 4096;

/// The parameters of GET Image.
struct ImageQuery {
    Rendition rendition;                 ///< empty: as stored
    std::optional<Placeholder> if_blank; ///< what takes the place of a picture that isn't there
};

/// Reads w, h, type and ifBlank, names in any case; other parameters are ignored. A 400 for values that the
/// contract doesn't have.
[[nodiscard]] boost::system::result<ImageQuery, Problem> parse_image_query(const boost::urls::url_view& url);

} // namespace portrait::http
