#pragma once

#include <portrait/http/message.hpp>
#include <portrait/image_info.hpp>
#include <portrait/image_renderer.hpp>

namespace portrait::http {

/// What a GET's parameters and its Accept make of a stored picture (contract section 2); the format is always
/// given. Accept decides only where no type was asked for: a list that excludes the stored type gets the one
/// of ours that it prefers, if there is one and `can_convert`.
Rendition wanted_rendition(const Rendition& asked, const ImageInfo& info, const RequestHead& head,
                           bool can_convert);

/// The same for a placeholder, which is a PNG unless something else is wanted.
Rendition placeholder_rendition(const Rendition& asked, const RequestHead& head);

} // namespace portrait::http
