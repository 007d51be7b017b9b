#include "commands/commands.hpp"
#include "options/help.hpp"
#include "serve/serve.hpp"
#include "terminal/console.hpp"
#include "terminal/process.hpp"

#include <portrait/version.hpp>

#include <fmt/format.h>

#include <exception>
#include <memory>

namespace {

using namespace portrait_server;

constexpr const char* footer =
    R"(Examples:
  portrait-server --demo
  portrait-server users add anna --data /var/lib/portrait
  portrait-server --data /var/lib/portrait --listen 0.0.0.0:8080

Each option can be a variable, too: PORTRAIT_MAX_BODY for --max-body.
See also: portrait-server --help-all, portrait-server COMMAND --help.)";

int run(int argc, const char* const* argv) {
    Settings settings;
    settings.command = run_server;
    CLI::App app{"Serves pictures of persons over SuperOffice's REST contract until SIGTERM",
                 "portrait-server"};
    app.formatter(std::make_shared<HelpFormatter>());
    app.set_help_flag("-h,--help", "Print this help");
    app.set_version_flag("--version", "portrait-server " PORTRAIT_VERSION, "Print the version");
    app.option_defaults()->take_last(); // a later option overrides that of a script
    add_options(app, settings);
    add_user_commands(app, settings);
    add_token_commands(app, settings);
    add_config_command(app, settings);
    add_folder_commands(app, settings);
    add_database_commands(app, settings);
    add_migrate_command(app, settings);
    app.set_help_all_flag("--help-all", "Print all options"); // last, so that subcommands don't inherit it
    app.footer(footer);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& stop) {
        if (stop.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
            return app.exit(stop); // --help and --version
        return refuse(fmt::format("{}; see portrait-server --help", stop.what()));
    }
    prepare_process();
    return settings.command(settings);
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& failure) {
        return fail(failure.what());
    }
}
