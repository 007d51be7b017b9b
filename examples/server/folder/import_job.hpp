#pragma once

#include "folder/folder_job.hpp"

#include <filesystem>

namespace portrait_server {

/// Adds the persons and pictures that an export's manifest names, with their ImageInfo; blob ids and versions
/// are new. What is there already stays: the same picture silently, another one with a line. So an import
/// that was interrupted goes on when it is done again.
JobEnd import_pictures(JobPlace place, const std::filesystem::path& folder, JobListener& listener);

} // namespace portrait_server
