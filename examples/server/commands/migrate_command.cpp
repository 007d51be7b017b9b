#include "commands/commands.hpp"

#include "options/help.hpp"
#include "options/values.hpp"
#include "terminal/console.hpp"

#ifdef PORTRAIT_SERVER_POSTGRES
#include "commands/progress_display.hpp"

#include <portrait/postgres/migration_target.hpp>
#include <portrait/sqlite/folder_source.hpp>
#endif

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace portrait_server {
namespace {

#ifdef PORTRAIT_SERVER_POSTGRES

namespace fs = std::filesystem;
using portrait::errc;
using portrait::postgres::MigrationTarget;
using portrait::sqlite::FolderSource;

/// The text of a file; absent: there is none.
[[nodiscard]] Outcome<std::optional<std::string>> read_text(const fs::path& path) {
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return std::optional<std::string>{};
    errno = 0;
    std::ifstream file{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (!file.is_open() || file.bad())
        return Refusal{
            fmt::format("{} can't be read: {}", path.string(), std::generic_category().message(errno))};
    return std::optional{std::move(text)};
}

/// The users, the tokens and the key of the folder. Refuses files that a server wouldn't start with.
[[nodiscard]] Outcome<portrait::TransferredAccounts> read_accounts(const Settings& settings,
                                                                   const fs::path& folder) {
    const auto users = settings.users.value_or(folder / "users.htpasswd");
    const auto tokens = settings.tokens.value_or(folder / "tokens");
    if (const auto opened =
            portrait::http::FileAuthenticator::open(users, {.may_be_missing = !settings.users});
        !opened)
        return Refusal{file_refusal("users", users, opened.error()), code_of(opened.error())};
    portrait::TransferredAccounts accounts;
    for (const auto& [file, text] : {std::pair{users, &accounts.users}, std::pair{tokens, &accounts.tokens},
                                     std::pair{folder / "sign-in.key", &accounts.sign_in_key}}) {
        auto read = read_text(file);
        if (!read)
            return read.error();
        *text = *std::move(read);
    }
    if (accounts.tokens)
        if (const auto listed = portrait::http::list_tokens(tokens); !listed)
            return Refusal{file_refusal("token", tokens, listed.error()), code_of(listed.error())};
    return accounts;
}

int refuse_database(const portrait::Error& error) {
    return refuse(fmt::format("The store of --to can't be used: {}", plain_refusal(error)), code_of(error));
}

/// The end of a command that meets a folder that is sealed already.
int finish_sealed(const fs::path& folder, const std::string& to, const portrait::Error& moved) {
    const auto target = MigrationTarget::open(to);
    if (!target)
        return refuse_database(target.error());
    const auto epoch = portrait::sqlite::epoch_of(folder);
    if (!epoch)
        return refuse(data_folder_refusal(folder, epoch.error()), code_of(epoch.error()));
    const auto finished = (*target)->finish(*epoch);
    if (!finished && finished.error() == errc::store_in_use)
        return refuse(data_folder_refusal(folder, moved));
    if (!finished)
        return refuse_database(finished.error());
    say(fmt::format("{} is migrated already: its pictures are in {}\n", folder.string(), moved.cause()));
    return exit_code::success;
}

int end_of_failed_move(const portrait::Error& error) {
    if (error == errc::cancelled)
        return fail("The migration was stopped; run the same command again to continue it");
    if (error == errc::store_in_use)
        return refuse(plain_refusal(error));
    return fail(fmt::format("The migration failed: {}; run the same command again to continue it",
                            plain_refusal(error)));
}

int end_of_damages(const portrait::TransferReport& report, const fs::path& folder, ProgressDisplay& display) {
    for (const auto& damage : report.damages)
        display.say(fmt::format("blob {}{}{}", damage.blob_id.value(),
                                damage.what.starts_with("of person") ? " " : ": ", damage.what));
    if (report.damage_count > report.damages.size())
        display.say(fmt::format("and {} more", report.damage_count - report.damages.size()));
    return fail(
        fmt::format("{} picture{} of {} could not be read, so the folder stays in use; replace or remove {}, "
                    "and run the same command again to continue it",
                    report.damage_count, report.damage_count == 1 ? "" : "s", folder.string(),
                    report.damage_count == 1 ? "it" : "them"));
}

int migrate(const Settings& settings) {
    const auto began = std::chrono::steady_clock::now();
    const fs::path folder = settings.arguments[0];
    const auto& to = settings.arguments[1];
    auto source = FolderSource::open(folder);
    if (!source && source.error() == errc::store_moved)
        return finish_sealed(folder, to, source.error());
    if (!source)
        return refuse(data_folder_refusal(folder, source.error()), code_of(source.error()));
    const auto accounts = read_accounts(settings, folder);
    if (!accounts)
        return refuse(accounts.error());
    const auto target = MigrationTarget::open(to);
    if (!target)
        return refuse_database(target.error());
    ProgressDisplay display;
    const auto report =
        portrait::transfer_store(**source, **target, *accounts, [&](const portrait::TransferProgress& at) {
            return display.progress(at.step, at.done, at.total);
        });
    if (!report)
        return end_of_failed_move(report.error());
    if (!report->ok())
        return end_of_damages(*report, folder, display);
    const auto& totals = report->totals;
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    display.say(
        fmt::format("migrated into {} in {:.1f} s: {} pictures, {} bytes; {} of them, {} bytes, copied now",
                    (*target)->place(), seconds, totals.pictures, totals.bytes, report->copied_pictures,
                    report->copied_bytes));
    display.say(
        fmt::format("{} persons, {} blobs, {} links, {} erasures; every row and every digest was compared",
                    totals.persons, totals.blobs, totals.slots, totals.erasures));
    display.say(fmt::format("{} is closed for good; it can be deleted", folder.string()));
    return exit_code::success;
}

#else

int migrate(const Settings&) {
    return refuse("This portrait-server was built without PostgreSQL, so it can't migrate; use the package "
                  "that has it");
}

#endif

} // namespace

void add_migrate_command(CLI::App& app, Settings& settings) {
    auto* const added = add_command(
        app, "migrate",
        "Move a data folder into PostgreSQL. No server may have it open. An interrupted move is continued by "
        "the same command; at the end everything is compared, and the folder is closed for good",
        "  portrait-server migrate --from /var/lib/portrait --to postgresql://portrait@db/portrait");
    added->add_option("--from", settings.arguments[0], "Data folder, with its users and tokens")
        ->type_name("DIR")
        ->required();
    added
        ->add_option("--to", settings.arguments[1],
                     "Empty database. The password belongs into a passfile, a service file or PGPASSWORD")
        ->type_name("URI")
        ->check(CLI::Validator{store_fault, ""})
        ->required();
    added->group("PostgreSQL")->callback([&settings] { settings.command = migrate; });
}

} // namespace portrait_server
