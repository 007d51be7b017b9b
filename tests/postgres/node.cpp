// A process with a store of its own, which a test can stop or whose clock is wrong. Arguments: a connection
// string and a schema. Reads commands from stdin and answers each by a line.

#include <portrait/injection_point.hpp>
#include <portrait/postgres/image_store.hpp>
#include <portrait/testing/store_commands.hpp>

#include <atomic>
#include <csignal>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

namespace {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)

std::string stop_at;

/// Stops this process where the command `stop` has named.
void stop_here(std::string_view point) {
    if (!stop_at.empty() && point == stop_at) {
        stop_at.clear();
        (void)std::raise(SIGSTOP);
    }
}

template<class Value>
std::string outcome_of(const result<Value>& outcome) {
    return outcome ? "done" : outcome.error().message() + ": " + outcome.error().cause();
}

std::string run(postgres::PostgresImageStore& store, const std::string& line) {
    std::istringstream words{line};
    std::string command;
    words >> command;
    std::int32_t id = 1;
    std::uint32_t number = 0;
    if (command == "stop") { // POINT
        words >> stop_at;
        return "done";
    }
    if (command == "clock")
        return std::to_string(store.clock()->now().time_since_epoch().count());
    words >> id >> number;
    if (command == "save") { // PERSON SEED
        auto save = save_command(person(id), number);
        save.now = store.clock()->now();
        const auto saved = store.save(std::move(save));
        return saved ? std::to_string(saved->info.last_modified->time_since_epoch().count())
                     : outcome_of(saved);
    }
    if (command == "describe") // PERSON LENGTH
        return outcome_of(store.update_info({.target = person(id),
                                             .description = std::string(number, 'x'),
                                             .actor = actor(1),
                                             .now = store.clock()->now(),
                                             .precondition = {}}));
    return "unknown command: " + line;
}

} // namespace

int main(int count, char** arguments) {
    if (count != 3)
        return 2;
#ifdef PORTRAIT_INJECTION_POINTS
    injection_hook = &stop_here;
#endif
    auto store = postgres::PostgresImageStore::open({.connection = arguments[1], .schema = arguments[2]});
    std::cout << outcome_of(store) << std::endl;
    for (std::string line; store && std::getline(std::cin, line);)
        std::cout << run(**store, line) << std::endl;
}
