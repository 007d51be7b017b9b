#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

namespace portrait::testing {

/// A child process of node.cpp.
class NodeProcess {
public:
    /// Waits until its store is open. `clock_file`: moves its clock; see clock_offset.cpp.
    NodeProcess(const std::string& connection, const std::string& schema, const std::string& clock_file = {});
    NodeProcess(const NodeProcess&) = delete;
    NodeProcess& operator=(const NodeProcess&) = delete;
    ~NodeProcess();

    /// Sends a command and waits for the answer.
    std::string ask(const std::string& command);
    /// Sends a command.
    void tell(const std::string& command);
    /// Waits for an answer.
    std::string answer();
    /// Waits until it has stopped itself.
    void wait_until_stopped() const;
    void signal(int number) const;

private:
    pid_t id_ = 0;
    int input_ = -1;
    int output_ = -1;
};

} // namespace portrait::testing
