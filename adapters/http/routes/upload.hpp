#pragma once

#include "routes/request.hpp"

#include <portrait/error.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/upload_converter.hpp>

#include <utility>

namespace portrait::http {

/// Calls `save(ImageBytes picture, bool is_converted)` with the picture to save, which is the upload itself
/// unless its format is one to convert (contract section 2), or answers with the error. `save` may refer to
/// the exchange's state, which the reply keeps.
template<class Save>
void convert_and_save(const Request& request, ImageBytes upload, const Reply& reply, Save save) {
    if (!convertible_format(upload)) // nearly every upload, at no cost
        return save(std::move(upload), false);
    auto save_converted = [&request, reply, sent = WeakImageBytes{upload},
                           save = std::move(save)](result<ImageBytes> picture) {
        if (!picture)
            return reply(picture.error());
        // The upload's address can be that of other bytes as soon as nobody keeps the upload.
        const auto kept = sent.lock();
        const bool is_converted = !kept || kept->data() != picture->data();
        auto task = [reply, save, picture = *std::move(picture), is_converted]() mutable {
            reply.contain([&] { save(std::move(picture), is_converted); });
        };
        // Saving may block on the store, and the converter's thread must not.
        if (!request.contract().writers->execute(std::move(task)))
            reply(Error{errc::service_busy});
    };
    convert_upload(request.options().upload_converter.get(), std::move(upload), request.service().limits(),
                   request.render_caller(), reply.contained(std::move(save_converted)));
}

} // namespace portrait::http
