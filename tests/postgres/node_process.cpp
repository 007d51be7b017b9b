#include "node_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace portrait::testing {

NodeProcess::NodeProcess(const std::string& connection, const std::string& schema,
                         const std::string& clock_file) {
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(output.data(), O_CLOEXEC) != 0)
        throw std::system_error{errno, std::generic_category(), "pipe2"};
    id_ = ::fork();
    if (id_ < 0)
        throw std::system_error{errno, std::generic_category(), "fork"};
    if (id_ == 0) {
        ::dup2(input[0], 0);
        ::dup2(output[1], 1);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!clock_file.empty())
            ::setenv("PORTRAIT_TEST_CLOCK", clock_file.c_str(), 1);
        ::execl(PORTRAIT_POSTGRES_NODE, PORTRAIT_POSTGRES_NODE, connection.c_str(), schema.c_str(), nullptr);
        ::_exit(127);
    }
    ::close(input[0]);
    ::close(output[1]);
    input_ = input[1];
    output_ = output[0];
    if (const auto opened = answer(); opened != "done")
        throw std::runtime_error{"a node's store doesn't open: " + opened};
}

NodeProcess::~NodeProcess() {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
    ::close(input_);
    ::close(output_);
}

std::string NodeProcess::ask(const std::string& command) {
    tell(command);
    return answer();
}

void NodeProcess::tell(const std::string& command) {
    const auto line = command + "\n";
    if (::write(input_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        throw std::system_error{errno, std::generic_category(), "write"};
}

std::string NodeProcess::answer() {
    std::string line;
    for (char letter = 0; ::read(output_, &letter, 1) == 1 && letter != '\n';)
        line += letter;
    return line;
}

void NodeProcess::wait_until_stopped() const {
    int status = 0;
    if (::waitpid(id_, &status, WUNTRACED) != id_ || !WIFSTOPPED(status))
        throw std::runtime_error{"a node hasn't stopped itself"};
}

void NodeProcess::signal(int number) const {
    ::kill(id_, number);
}

} // namespace portrait::testing
