#pragma once

#include "options/settings.hpp"

#include <portrait/person_image_service.hpp>
#include <portrait/sqlite/image_store.hpp>

#include <memory>

namespace portrait_server {

/// The service with the limits and policies of the options, in front of `images`; its persons are those of
/// `store`.
std::shared_ptr<portrait::PersonImageService> make_service(const Settings& settings,
                                                           const portrait::sqlite::SqliteImageStore& store,
                                                           std::shared_ptr<portrait::ImageStore> images);

} // namespace portrait_server
