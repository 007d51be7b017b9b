// A store in a process of its own, for tests.
//
// portrait_store_process hold FOLDER [USER]: opens the folder, writes "opened" or the rule of the error, and
// holds the folder until stdin ends. USER is a numeric user id that the process takes before.
//
// portrait_store_process save FOLDER: saves without end, and writes a line "<person> <digest>" for each
// answer.

#include "process_save.hpp"

#include <portrait/sqlite/image_store.hpp>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

using namespace portrait;

namespace {

/// Writes the line by one call, so that it is never split.
void say(const std::string& line) {
    const auto text = line + "\n";
    if (::write(STDOUT_FILENO, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        std::_Exit(3);
}

sqlite::SqliteOptions options_for(const char* folder) {
    sqlite::SqliteOptions options;
    options.folder = folder;
    options.segment_bytes = 1024 * 1024;
    options.preallocation_bytes = 128 * 1024;
    return options;
}

int hold(const char* folder) {
    const auto store = sqlite::SqliteImageStore::open(options_for(folder));
    say(store ? "opened" : std::string{store.error().rule()});
    while (std::getchar() != EOF) {
    }
    return 0;
}

int save(const char* folder) {
    const auto store = sqlite::SqliteImageStore::open(options_for(folder)).value();
    say("opened");
    for (std::uint32_t round = 0;; ++round) {
        auto command = testing::process_save(round);
        const auto person = std::get<PersonId>(command.target);
        store->submit(std::move(command), [person](result<SavedImage> saved) {
            if (!saved)
                std::_Exit(4);
            say(std::to_string(person.value()) + " " + saved->info.digest.to_string());
        });
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3)
        return 2;
    if (argc > 3 && ::setuid(static_cast<uid_t>(std::atoi(argv[3]))) != 0)
        return 5;
    return std::string_view{argv[1]} == "save" ? save(argv[2]) : hold(argv[2]);
}
