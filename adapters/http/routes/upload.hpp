#pragma once

#include "routes/request.hpp"

#include <portrait/error.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/upload_converter.hpp>

#include <utility>

namespace portrait::http {

/// Whether the service stored the bytes as it got them.
inline bool is_stored_unchanged(const SavedImage& saved) noexcept {
    return !saved.scrubbed || saved.scrubbed->removed.empty();
}

/// Calls `save(ImageBytes picture, bool is_converted)` with the picture to save, which is the upload itself
/// unless its format is one to convert (contract section 2), or answers with the error. `save` may refer to
/// the exchange's state, which the reply keeps.
template<class Save>
void convert_and_save(const Request& request, ImageBytes upload, const Reply& reply, Save save) {
    if (!convertible_format(upload)) // nearly every upload, at no cost
        return save(std::move(upload), false);
    auto save_converted = [&request, reply, save = std::move(save)](result<ImageBytes> picture) {
        if (!picture)
            return reply(picture.error());
        auto task = [reply, save, picture = *std::move(picture)]() mutable {
            reply.contain([&] { save(std::move(picture), true); });
        };
        // Saving may block on the store, and the converter's thread must not.
        if (!request.contract().writers->execute(std::move(task)))
            reply(Error{errc::service_busy});
    };
    convert_upload(request.options().upload_converter.get(), std::move(upload), request.service().limits(),
                   request.render_caller(), reply.contained(std::move(save_converted)));
}

} // namespace portrait::http
