#pragma once

#include "options/settings.hpp"

namespace portrait_server {

// Each function adds subcommands; the one on the command line stores itself in `settings.command`.

/// `users add`.
void add_user_commands(CLI::App& app, Settings& settings);
/// `tokens add`, `tokens list` and `tokens revoke`.
void add_token_commands(CLI::App& app, Settings& settings);
/// `persons import`, `persons add`, `check`, `backup`, `restore`, `export` and `import`.
void add_folder_commands(CLI::App& app, Settings& settings);
/// `new-epoch`.
void add_database_commands(CLI::App& app, Settings& settings);
/// `migrate`.
void add_migrate_command(CLI::App& app, Settings& settings);

} // namespace portrait_server
