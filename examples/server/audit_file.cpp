#include "audit_file.hpp"

#include <portrait/printable.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace portrait_server {

namespace {

namespace json = boost::json;

int open_file(const std::filesystem::path& path) {
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, S_IRUSR | S_IWUSR);
}

json::value value_of(const std::optional<portrait::AuditedPicture>& picture) {
    if (!picture)
        return nullptr;
    return {{"blob_id", picture->blob_id.value()},
            {"version", picture->blob_version},
            {"bytes", picture->size},
            {"digest", picture->size == 0 ? json::value{nullptr} : json::value{picture->digest.to_string()}}};
}

std::string time_of(portrait::Timestamp at) {
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(at);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                       (milliseconds - seconds).count());
}

std::string line_of(const portrait::AuditRecord& record) {
    json::object line{{"time", time_of(record.at)},
                      {"action", portrait::name_of(record.action)},
                      {"associate_id", record.actor.associate_id},
                      {"user", portrait::printable(record.actor.name)}};
    if (!record.actor.request_id.empty())
        line["request_id"] = portrait::printable(record.actor.request_id);
    if (record.person_id)
        line["person_id"] = record.person_id->value();
    line["before"] = value_of(record.before);
    line["after"] = value_of(record.after);
    return json::serialize(line) + '\n';
}

} // namespace

portrait::result<std::shared_ptr<AuditFile>> AuditFile::open(const std::filesystem::path& path, bool sync,
                                                             OnFault on_fault) {
    const int descriptor = open_file(path);
    if (descriptor < 0)
        return portrait::Error{portrait::errc::store_io,
                               fmt::format("the audit log {} can't be opened: {}", path.string(),
                                           std::generic_category().message(errno))};
    return std::shared_ptr<AuditFile>{new AuditFile{path, sync, std::move(on_fault), descriptor}};
}

AuditFile::AuditFile(std::filesystem::path path, bool sync, OnFault on_fault, int descriptor)
    : path_{std::move(path)}
    , sync_{sync}
    , on_fault_{std::move(on_fault)}
    , descriptor_{descriptor}
    , thread_{[this] { work(); }} {}

AuditFile::~AuditFile() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    ready_.notify_one();
    thread_.join();
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

void AuditFile::record(portrait::AuditRecord record, std::function<void(bool kept)> done) {
    auto text = line_of(record);
    {
        const std::lock_guard lock{mutex_};
        waiting_.push_back({std::move(text), std::move(done)});
    }
    ready_.notify_one();
}

void AuditFile::reopen() {
    {
        const std::lock_guard lock{mutex_};
        reopen_ = true;
    }
    ready_.notify_one();
}

void AuditFile::work() {
    std::unique_lock lock{mutex_};
    for (;;) {
        ready_.wait(lock, [this] { return stopping_ || reopen_ || !waiting_.empty(); });
        if (waiting_.empty() && stopping_)
            return;
        const auto lines = std::exchange(waiting_, {});
        const bool anew = std::exchange(reopen_, false);
        lock.unlock();
        // Again for each batch while it can't be opened: one failure isn't for ever.
        if (anew || descriptor_ < 0) {
            if (descriptor_ >= 0)
                ::close(descriptor_);
            descriptor_ = open_file(path_);
        }
        const bool kept = write(lines);
        for (const auto& line : lines)
            line.done(kept);
        lock.lock();
    }
}

/// All or none of them is acknowledged; of none, some may stand there.
bool AuditFile::write(const std::vector<Line>& lines) {
    std::string text;
    for (const auto& line : lines)
        text += line.text;
    std::string what;
    if (descriptor_ < 0)
        what = fault("open");
    for (std::string_view rest = text; !rest.empty() && what.empty();) {
        const auto count = ::write(descriptor_, rest.data(), rest.size());
        if (count >= 0)
            rest.remove_prefix(static_cast<std::size_t>(count));
        else if (errno != EINTR)
            what = fault("write");
    }
    if (sync_ && !text.empty() && what.empty() && ::fdatasync(descriptor_) != 0)
        what = fault("fdatasync");
    const bool tell = !what.empty() && !std::exchange(faulty_, !what.empty());
    faulty_ = !what.empty();
    if (tell && on_fault_)
        on_fault_(what);
    return what.empty();
}

std::string AuditFile::fault(const char* call) const {
    return fmt::format("the audit log {} can't be written ({}: {}); writes answer 500 until it can",
                       path_.string(), call, std::generic_category().message(errno));
}

} // namespace portrait_server
