#pragma once

#include "folder/folder_job.hpp"

namespace portrait_server {

/// Does the jobs `persons-import` (arguments: a path) and `persons-add` (an id, a name). Adds all persons or,
/// on an error, none.
JobEnd add_persons(portrait::sqlite::SqliteImageStore& store, const FolderJob& job);

} // namespace portrait_server
