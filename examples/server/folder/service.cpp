#include "folder/service.hpp"

#include <utility>

namespace portrait_server {

std::shared_ptr<portrait::PersonImageService> make_service(const Settings& settings, const Store& store,
                                                           std::shared_ptr<portrait::ImageStore> images) {
    std::shared_ptr<portrait::PersonDirectory> persons = store.persons();
    if (settings.allow_any_person)
        persons = std::make_shared<portrait::AnyPersonDirectory>(images);
    const auto metadata =
        settings.scrub_metadata ? portrait::MetadataPolicy::scrub : portrait::MetadataPolicy::keep;
    return std::make_shared<portrait::PersonImageService>(std::move(images), std::move(persons),
                                                          settings.limits, store.clock(), metadata);
}

} // namespace portrait_server
