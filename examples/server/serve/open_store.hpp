#pragma once

#include "options/settings.hpp"
#include "serve/log.hpp"
#include "store/store.hpp"
#include "terminal/console.hpp"

#include <portrait/audit_log.hpp>

#include <memory>

namespace portrait_server {

/// Opens the store of `--store`, or else the data folder. Adds the persons of `--demo`; the log gets a
/// warning when there are no persons, and when the database is lost and back. `audit` and
/// `cache` may be null.
[[nodiscard]] Outcome<std::unique_ptr<Store>> open_store(const Settings& settings,
                                                         std::shared_ptr<portrait::AuditLog> audit,
                                                         std::shared_ptr<portrait::ImageCache> cache,
                                                         const std::shared_ptr<ServerLog>& log);

} // namespace portrait_server
