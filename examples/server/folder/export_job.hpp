#pragma once

#include "folder/folder_job.hpp"

#include <filesystem>

namespace portrait_server {

/// Writes a file for each person who has a picture, and a manifest with the ImageInfo of each, into a folder;
/// made when it is missing. Each picture and its ImageInfo belong together; all of them needn't be of one
/// moment. Again into the same folder: writes what has changed, removes who is gone, goes on after an
/// interruption.
JobEnd export_pictures(const portrait::sqlite::SqliteImageStore& store, const std::filesystem::path& folder,
                       JobListener& listener);

} // namespace portrait_server
