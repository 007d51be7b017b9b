#pragma once

#include "options/settings.hpp"

namespace portrait_server {

// Each function adds subcommands; the one on the command line stores itself in `command`.

/// `persons import` and `persons add`.
void add_person_commands(CLI::App& app, Command& command);
/// `users add`.
void add_user_commands(CLI::App& app, Command& command);
/// `tokens add`, `tokens list` and `tokens revoke`.
void add_token_commands(CLI::App& app, Command& command);
/// `check`, `backup`, `restore`, `export` and `import`.
void add_folder_commands(CLI::App& app, Command& command);

} // namespace portrait_server
