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

/// The server's log on standard error: a line each, as text or JSON, in UTC. Lines are written by a thread of
/// its own; when standard error takes them too slowly the oldest ones that wait are lost and counted, and
/// nobody waits for it. Thread-safe. The destructor writes what waits.
class ServerLog final : public portrait::http::Log {
public:
    /// `level` is one of `--log-level`'s.
    ServerLog(const std::string& level, bool json);
    ~ServerLog() override;

    using Severity = portrait::http::Severity;

    void event(Severity severity, std::string_view message, std::string_view request_id) override;
    /// At level info.
    void access(const portrait::http::AccessRecord& record) override;

private:
    const bool json_;
    std::shared_ptr<spdlog::details::thread_pool> writer_;
    std::shared_ptr<spdlog::logger> logger_;
};

} // namespace portrait_server
