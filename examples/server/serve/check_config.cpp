#include "serve/serve.hpp"

#include "options/help.hpp"
#include "serve/log.hpp"
#include "serve/rendering.hpp"
#include "serve/shared_callers.hpp"
#include "serve/users.hpp"
#include "terminal/console.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <memory>

namespace portrait_server {
namespace {

/// Whether the folder can be written, or created when it is missing.
bool can_hold_files(const std::filesystem::path& folder) {
    std::error_code failure;
    if (std::filesystem::exists(folder, failure))
        return std::filesystem::is_directory(folder, failure) && ::access(folder.c_str(), W_OK | X_OK) == 0;
    const auto parent = std::filesystem::absolute(folder, failure).lexically_normal().parent_path();
    return !failure && ::access(parent.c_str(), W_OK | X_OK) == 0;
}

/// Checks whether a server could start with these options. Reads their files and changes nothing.
int check_config(const Settings& settings) {
    portrait::http::AppTokens tokens;
    if (const auto read = read_app_tokens(settings, tokens); !read)
        return refuse(read.error().sentence);
    if (settings.server.tls)
        if (const auto checked = portrait::http::check_tls(*settings.server.tls); !checked)
            return refuse(plain_refusal(checked.error()));
    if (const auto checked = check_shared_callers(settings); !checked)
        return refuse(checked.error());
    if (settings.store.empty()) {
        const auto users = open_users(settings, std::make_shared<ServerLog>("off", false));
        if (!users)
            return refuse(users.error().sentence);
        if (const auto there = check_data_not_moved(settings.data); !there)
            return refuse(there.error());
        if (!can_hold_files(settings.data))
            return refuse(fmt::format("The data folder {} can't be written", settings.data.string()));
    }
    if (settings.audit_log && !can_hold_files(std::filesystem::absolute(*settings.audit_log).parent_path()))
        return refuse(fmt::format("The folder {} of the audit log can't be written",
                                  std::filesystem::absolute(*settings.audit_log).parent_path().string()));
    if (const auto rendering = make_rendering(settings, std::make_shared<ServerLog>("off", false));
        !rendering)
        return refuse(rendering.error());
    say(fmt::format("good: would listen on {} with data in {}\n",
                    url_of(settings.listen, settings.server.tls.has_value()),
                    portrait::printable(settings.store.empty() ? settings.data.string() : settings.store)));
    return exit_code::success;
}

} // namespace

void add_config_command(CLI::App& app, Settings& settings) {
    auto* const config = add_command(app, "config", "Configuration");
    config->require_subcommand(1);
    add_command(*config, "check", "Check the options and their files. Nothing is changed",
                "  portrait-server config check --config /etc/portrait/portrait.conf")
        ->callback([&] { settings.command = check_config; });
}

} // namespace portrait_server
