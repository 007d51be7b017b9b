#include "serve/check_config.hpp"

#include "options/caller_options.hpp"
#include "serve/log.hpp"
#include "serve/users.hpp"
#include "terminal/console.hpp"
#include "terminal/process.hpp"
#include "terminal/refusals.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <memory>

namespace portrait_server {

namespace {

/// Whether the folder can be used, or made where it is missing.
bool can_hold_files(const std::filesystem::path& folder) {
    std::error_code failure;
    if (std::filesystem::exists(folder, failure))
        return std::filesystem::is_directory(folder, failure) && ::access(folder.c_str(), W_OK | X_OK) == 0;
    const auto parent = std::filesystem::absolute(folder, failure).lexically_normal().parent_path();
    return !failure && ::access(parent.c_str(), W_OK | X_OK) == 0;
}

} // namespace

int check_config(const Settings& settings) {
    prepare_process();
    portrait::http::EndpointOptions options;
    if (const auto applied = apply(settings.callers, options); !applied)
        return refuse(applied.error().message());
    if (const auto tls = tls_options(settings.transport))
        if (const auto checked = portrait::http::check_tls(*tls); !checked)
            return refuse(plain_refusal(checked.error()));
    const auto users = open_users(settings, std::make_shared<ServerLog>("off", false));
    if (!users)
        return refuse(users.error().message());
    if (!can_hold_files(settings.data))
        return refuse(fmt::format("the data folder {} can't be written", settings.data.string()));
    if (settings.audit_log && !can_hold_files(std::filesystem::absolute(*settings.audit_log).parent_path()))
        return refuse(fmt::format("the audit log's folder {} can't be written",
                                  std::filesystem::absolute(*settings.audit_log).parent_path().string()));
    say(fmt::format("good: would listen on {} with data in {}\n",
                    url_of(settings.listen, settings.listen.port, settings.transport.speaks_tls()),
                    portrait::printable(settings.data.string())));
    return exit_code::success;
}

} // namespace portrait_server
