#pragma once

#include <portrait/http/log.hpp>

#include <memory>
#include <string>

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
} // namespace spdlog

namespace portrait_server {

/// The server's log on standard error: lines of text or of JSON, with times in UTC. A thread of its own
/// writes the lines; callers don't wait. When standard error is too slow, the oldest waiting lines are
/// dropped and counted. Thread-safe. The destructor writes the waiting lines.
class ServerLog final : public portrait::http::Log {
public:
    /// `level` is a value of `--log-level`.
    ServerLog(const std::string& level, bool json);
    ~ServerLog() override;

    using Severity = portrait::http::Severity;

    void event(Severity severity, std::string_view message, std::string_view request_id) override;
    /// Logs at level info.
    void access(const portrait::http::AccessRecord& record) override;

private:
    const bool json_;
    std::shared_ptr<spdlog::details::thread_pool> writer_;
    std::shared_ptr<spdlog::logger> logger_;
};

} // namespace portrait_server
