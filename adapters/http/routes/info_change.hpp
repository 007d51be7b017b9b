#pragma once

#include "entity/info_edit.hpp"
#include "routes/request.hpp"

#include <utility>
#include <variant>

namespace portrait::http {

/// Changes the ImageInfo of a person's picture or of a blob, and answers with `make(changed)`. `fixed` is the
/// change when it doesn't depend on the stored ImageInfo; null: `change_of(stored)` makes it.
template<class Id, class ChangeOf, class Make>
Answer change_info(const Request& request, Id id, const Precondition& precondition,
                   const ImageInfoChange* fixed, const ChangeOf& change_of, const Make& make) {
    auto& service = request.service();
    const auto write = [&](ImageInfoChange change, Precondition condition) {
        return service.update_info(id, std::move(change), request.actor(), std::move(condition));
    };
    if (fixed != nullptr)
        return answer_of(write(*fixed, precondition), make);
    const InfoPlace place{
        .read = [&] { return service.info(id); }, .write = write, .now = [&] { return service.now(); }};
    auto changed = change_stored_info(place, precondition, change_of);
    if (auto* problem = std::get_if<Problem>(&changed))
        return std::move(*problem);
    if (auto* error = std::get_if<Error>(&changed))
        return std::move(*error);
    return make(std::get<ImageInfo>(changed));
}

} // namespace portrait::http
