#include "store_process.hpp"

#include "support/places.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <vector>

namespace portrait::testing {
namespace {

std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error{errno, std::generic_category(), "pipe2"};
    return ends;
}

} // namespace

StoreProcess::StoreProcess(const char* task, const std::filesystem::path& folder,
                           std::optional<unsigned> user) {
    const auto in = make_pipe();
    const auto out = make_pipe();
    std::vector<std::string> words{built_program("portrait_store_process").string(), task, folder.string()};
    if (user)
        words.push_back(std::to_string(*user));
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    const int failure =
        ::posix_spawn(&id_, words.front().c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    input_ = in[1];
    output_ = ::fdopen(out[0], "r");
    if (failure != 0)
        throw std::system_error{failure, std::generic_category(), "posix_spawn"};
}

StoreProcess::~StoreProcess() {
    if (id_ > 0)
        kill();
    ::close(input_);
    std::fclose(output_);
}

std::optional<std::string> StoreProcess::line() {
    std::string line;
    for (int character = 0; (character = std::fgetc(output_)) != EOF;) {
        if (character == '\n')
            return line;
        line.push_back(static_cast<char>(character));
    }
    return std::nullopt;
}

void StoreProcess::kill() {
    ::kill(id_, SIGKILL);
    int status = 0;
    ::waitpid(id_, &status, 0);
    id_ = -1;
}

} // namespace portrait::testing
