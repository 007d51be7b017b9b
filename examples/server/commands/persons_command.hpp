#pragma once

#include "folder/folder_job.hpp"
#include "options/options.hpp"

namespace portrait_server {

/// `persons import FILE.csv`: returns the exit code.
int import_persons(const Settings& settings, const ImportPersons& command);

/// `persons add ID NAME`: returns the exit code.
int add_person(const Settings& settings, const AddPerson& command);

/// The jobs `persons-import` (a file) and `persons-add` (id, name) inside the folder's owner.
JobEnd add_persons(portrait::sqlite::SqliteImageStore& store, const FolderJob& job);

} // namespace portrait_server
