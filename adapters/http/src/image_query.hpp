#pragma once

#include <portrait/http/problem.hpp>
#include <portrait/image_renderer.hpp>

#include <boost/system/result.hpp>
#include <boost/url/url_view.hpp>

#include <optional>

namespace portrait::http {

/// The parameters of GET Image.
struct ImageQuery {
    Rendition rendition;                 ///< empty: as stored
    std::optional<Placeholder> if_blank; ///< what takes the place of a picture that isn't there
};

/// Reads w, h, type and ifBlank, names in any case; other parameters are ignored. A 400 for values that the
/// contract doesn't have.
[[nodiscard]] boost::system::result<ImageQuery, Problem> parse_image_query(const boost::urls::url_view& url);

} // namespace portrait::http
