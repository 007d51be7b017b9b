#pragma once

#include "folder/folder_job.hpp"
#include "options/options.hpp"

namespace portrait_server {

/// Does a job on the data folder: in the server that has it open, through its control socket, or here when
/// nobody has. Shows progress, prints what is said. Returns the exit code.
int run_folder_job(const Settings& settings, const FolderJob& job);

/// `check`: returns the exit code.
int check_folder(const Settings& settings);

/// `backup DIR`: returns the exit code.
int back_up(const Settings& settings, const BackUp& command);

/// `export DIR`: returns the exit code.
int export_all(const Settings& settings, const ExportPictures& command);

/// `import DIR`: returns the exit code.
int import_all(const Settings& settings, const ImportPictures& command);

/// `restore BACKUP`: makes the data folder of a backup; returns the exit code.
int restore_backup(const Settings& settings, const RestoreBackup& command);

} // namespace portrait_server
