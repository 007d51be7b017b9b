#pragma once

#include "headers/content_types.hpp"

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/limits.hpp>

#include <boost/system/result.hpp>

#include <cstdint>

namespace portrait::http {

/// An upload whose head is good.
struct Upload {
    UploadType type;
    std::uint64_t body_limit = 0; ///< bytes; what a form adds around its picture included
};

/// Judges the head of an upload (contract section 2): no body, a type that isn't on the list, a form without
/// a boundary, a declared length over the limit.
[[nodiscard]] boost::system::result<Upload, Problem> judge_upload(const RequestHead& head,
                                                                  const Limits& limits);

/// The picture in an upload's body, sharing its buffer.
[[nodiscard]] boost::system::result<ImageBytes, Problem> picture_of(ImageBytes body, const UploadType& type);

} // namespace portrait::http
