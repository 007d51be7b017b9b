#pragma once

#include "options/settings.hpp"
#include "store/store.hpp"

#include <portrait/person_image_service.hpp>

#include <memory>

namespace portrait_server {

/// The service with the limits and policies of the options, in front of `images`; its persons and its clock
/// are those of `store`.
std::shared_ptr<portrait::PersonImageService> make_service(const Settings& settings, const Store& store,
                                                           std::shared_ptr<portrait::ImageStore> images);

} // namespace portrait_server
