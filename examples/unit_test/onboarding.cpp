#include "onboarding.hpp"

#include <utility>

Onboarding::Onboarding(std::shared_ptr<portrait::PersonImageService> pictures, Notify notify)
    : pictures_{std::move(pictures)}
    , notify_{std::move(notify)} {}

portrait::result<portrait::BlobId> Onboarding::welcome(portrait::PersonId colleague,
                                                       portrait::ImageBytes picture) {
    auto saved = pictures_->save(colleague, picture);              // shares the bytes, copies none
    if (!saved && saved.error() == portrait::failure::unavailable) // busy or full: try once more
        saved = pictures_->save(colleague, std::move(picture));
    if (!saved)
        return saved.error();
    notify_("Say hello to person " + std::to_string(colleague.value()));
    return saved->blob_id();
}
