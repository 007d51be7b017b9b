#include "commands/commands.hpp"

#include "options/help.hpp"
#include "store/store.hpp"
#include "terminal/console.hpp"

#include <fmt/format.h>

namespace portrait_server {
namespace {

int begin_epoch(const Settings& settings) {
    if (settings.store.empty())
        return refuse("new-epoch is for a store in PostgreSQL, which --store names; a data folder gets a new "
                      "epoch by 'restore'");
    const auto store = open_database(settings, {.may_create = false});
    if (!store)
        return refuse(store.error());
    const auto epoch = (*store)->new_epoch();
    if (!epoch)
        return fail(fmt::format("The store has no new epoch: {}", plain_refusal(epoch.error())));
    say(fmt::format(
        "new epoch {}: earlier tags are not valid any more, and the next blob ids are larger by a "
        "million\n",
        *epoch));
    return exit_code::success;
}

} // namespace

void add_database_commands(CLI::App& app, Settings& settings) {
    add_command(
        app, "new-epoch",
        "Invalidate tags and skip blob ids after a restoration in PostgreSQL. Needed after that of a "
        "snapshot of the disk, or of rows into tables that stayed; others are found at the next start",
        "  portrait-server new-epoch --store service=portrait")
        ->group("PostgreSQL")
        ->callback([&settings] { settings.command = begin_epoch; });
}

} // namespace portrait_server
