#include "commands/folder_command.hpp"
#include "commands/persons_command.hpp"
#include "commands/tokens_command.hpp"
#include "commands/users_command.hpp"
#include "options/options.hpp"
#include "serve/check_config.hpp"
#include "serve/run_server.hpp"
#include "terminal/console.hpp"

#include <exception>
#include <type_traits>
#include <variant>

namespace {

using namespace portrait_server;

int run(const CommandLine& line) {
    return std::visit(
        [&](const auto& command) {
            using Kind = std::decay_t<decltype(command)>;
            if constexpr (std::is_same_v<Kind, CheckConfig>)
                return check_config(line.settings);
            else if constexpr (std::is_same_v<Kind, ImportPersons>)
                return import_persons(line.settings, command);
            else if constexpr (std::is_same_v<Kind, AddPerson>)
                return add_person(line.settings, command);
            else if constexpr (std::is_same_v<Kind, AddUser>)
                return add_user(line.settings, command);
            else if constexpr (std::is_same_v<Kind, AddToken>)
                return add_token(line.settings, command);
            else if constexpr (std::is_same_v<Kind, ListTokens>)
                return list_tokens(line.settings);
            else if constexpr (std::is_same_v<Kind, RevokeToken>)
                return revoke_token(line.settings, command);
            else if constexpr (std::is_same_v<Kind, CheckFolder>)
                return check_folder(line.settings);
            else if constexpr (std::is_same_v<Kind, BackUp>)
                return back_up(line.settings, command);
            else if constexpr (std::is_same_v<Kind, RestoreBackup>)
                return restore_backup(line.settings, command);
            else if constexpr (std::is_same_v<Kind, ExportPictures>)
                return export_all(line.settings, command);
            else if constexpr (std::is_same_v<Kind, ImportPictures>)
                return import_all(line.settings, command);
            else
                return run_server(line.settings);
        },
        line.command);
}

} // namespace

int main(int argc, char** argv) {
    try {
        const auto parsed = parse_command_line(argc, argv);
        if (const auto* code = std::get_if<int>(&parsed))
            return *code;
        return run(std::get<CommandLine>(parsed));
    } catch (const std::exception& failure) {
        return fail(failure.what());
    }
}
