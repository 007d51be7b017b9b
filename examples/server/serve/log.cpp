#include "serve/log.hpp"

#include <portrait/printable.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string_view>
#include <thread>

namespace portrait_server {
namespace {

namespace json = boost::json;
using portrait::http::AccessRecord;

constexpr std::size_t max_waiting_lines = 4096;

/// Writes waiting lines together. To wake the writer's thread for each line, and to write each one alone,
/// costs a busy server more than the lines.
class GatheringSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    /// The thread of `writer`, its only one, calls the sink.
    explicit GatheringSink(spdlog::details::thread_pool& writer)
        : writer_{writer} {}
    GatheringSink(const GatheringSink&) = delete;
    GatheringSink& operator=(const GatheringSink&) = delete;
    ~GatheringSink() override { flush_(); }

private:
    static constexpr std::size_t max_gathered = std::size_t{16} * 1024;
    static constexpr std::chrono::milliseconds pause{2};

    void sink_it_(const spdlog::details::log_msg& line) override {
        formatter_->format(line, lines_);
        const bool is_last = writer_.queue_size() == 0;
        if (is_last || lines_.size() >= max_gathered)
            flush_();
        if (is_last)
            std::this_thread::sleep_for(pause); // the next lines come meanwhile
    }

    void flush_() override {
        (void)std::fwrite(lines_.data(), 1, lines_.size(), stderr); // there is no other place to complain
        lines_.clear();
    }

    spdlog::details::thread_pool& writer_;
    spdlog::memory_buf_t lines_;
};

spdlog::level::level_enum level_of(portrait::http::Severity severity) {
    using portrait::http::Severity;
    switch (severity) {
    case Severity::debug: return spdlog::level::debug;
    case Severity::info: return spdlog::level::info;
    case Severity::warning: return spdlog::level::warn;
    case Severity::error: break;
    }
    return spdlog::level::err;
}

/// Makes a client's text printable: JSON has to be UTF-8.
json::string text_of(std::string_view text) {
    return json::string{portrait::printable(text)};
}

/// The object without its opening brace: the logger's pattern begins it with time and level.
std::string rest_of_line(const json::object& members) {
    return json::serialize(members).substr(1);
}

std::string json_of(const AccessRecord& record) {
    json::object line{{"event", "request"},
                      {"request_id", text_of(record.request_id)},
                      {"remote_address", text_of(record.remote_address)},
                      {"user", text_of(record.principal)}};
    if (!record.application.empty())
        line["application"] = text_of(record.application);
    line["method"] = text_of(record.method);
    line["path"] = text_of(record.path);
    line["status"] = record.status;
    line["request_bytes"] = record.request_bytes;
    line["response_bytes"] = record.response_bytes;
    line["duration_us"] = record.duration.count();
    line["received_us"] = record.received.count();
    if (!record.route.empty())
        line["route"] = record.route;
    if (!record.rule.empty())
        line["rule"] = record.rule;
    if (!record.trace_parent.empty())
        line["traceparent"] = text_of(record.trace_parent);
    return rest_of_line(line);
}

std::string text_of(const AccessRecord& record) {
    return fmt::format(
        "{} {} {} {} {} in={} out={} {:.1f}ms {}{}{}{}{}{}{}", portrait::printable(record.remote_address),
        record.principal.empty() ? "-" : portrait::printable(record.principal),
        portrait::printable(record.method), portrait::printable(record.path), record.status,
        record.request_bytes, record.response_bytes, static_cast<double>(record.duration.count()) / 1000.0,
        portrait::printable(record.request_id),
        record.application.empty() ? "" : " app=", portrait::printable(record.application),
        record.rule.empty() ? "" : " rule=", record.rule,
        record.trace_parent.empty() ? "" : " trace=", portrait::printable(record.trace_parent));
}

} // namespace

ServerLog::ServerLog(const std::string& level, bool json)
    : json_{json}
    , writer_{std::make_shared<spdlog::details::thread_pool>(max_waiting_lines, 1)}
    , logger_{std::make_shared<spdlog::async_logger>("portrait-server",
                                                     std::make_shared<GatheringSink>(*writer_), writer_,
                                                     spdlog::async_overflow_policy::overrun_oldest)} {
    logger_->set_level(spdlog::level::from_str(level));
    logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v)" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
        spdlog::pattern_time_type::utc));
}

// NOLINTNEXTLINE(bugprone-exception-escape): without memory for a line the process ends, as anywhere else
ServerLog::~ServerLog() {
    if (const auto lost = writer_->overrun_counter(); lost != 0)
        event(Severity::warning, fmt::format("{} lines of this log were lost", lost), {});
}

void ServerLog::event(Severity severity, std::string_view message, std::string_view request_id) {
    const auto level = level_of(severity);
    if (!logger_->should_log(level))
        return;
    if (!json_) {
        logger_->log(level, "{}{}{}", portrait::printable(message), request_id.empty() ? "" : " ",
                     portrait::printable(request_id));
        return;
    }
    json::object line{{"event", "message"}, {"message", text_of(message)}};
    if (!request_id.empty())
        line["request_id"] = text_of(request_id);
    logger_->log(level, rest_of_line(line));
}

void ServerLog::access(const AccessRecord& record) {
    if (logger_->should_log(spdlog::level::info))
        logger_->info(json_ ? json_of(record) : text_of(record));
}

} // namespace portrait_server
