#include <portrait/audit_file/audit_file.hpp>
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
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace portrait::audit_file {
namespace {

namespace json = boost::json;

int open_file(const std::filesystem::path& path) {
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, S_IRUSR | S_IWUSR);
}

json::value value_of(const std::optional<AuditedPicture>& picture) {
    if (!picture)
        return nullptr;
    return {{"blob_id", picture->blob_id.value()},
            {"version", picture->blob_version},
            {"bytes", picture->size},
            {"digest", picture->size == 0 ? json::value{nullptr} : json::value{picture->digest.to_string()}}};
}

std::string time_of(Timestamp at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    return fmt::format("{:%FT}{:%T}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(day)), at - day);
}

std::string line_of(const AuditRecord& record) {
    json::object line{{"time", time_of(record.at)},
                      {"action", name_of(record.action)},
                      {"associate_id", record.actor.associate_id},
                      {"user", printable(record.actor.name)}};
    if (!record.actor.request_id.empty())
        line["request_id"] = printable(record.actor.request_id);
    if (record.person_id)
        line["person_id"] = record.person_id->value();
    line["before"] = value_of(record.before);
    line["after"] = value_of(record.after);
    return json::serialize(line) + '\n';
}

} // namespace

class AuditFile::State {
public:
    State(std::filesystem::path path, AuditFileOptions options, int descriptor)
        : path_{std::move(path)}
        , options_{std::move(options)}
        , descriptor_{descriptor}
        , thread_{[this] { work(); }} {}

    ~State() {
        change([this] { stopping_ = true; });
        thread_.join();
        if (descriptor_ >= 0)
            ::close(descriptor_);
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void append(std::string text, std::function<void(bool kept)> done) {
        change([&] { waiting_.push_back({std::move(text), std::move(done)}); });
    }
    void reopen() {
        change([this] { reopen_ = true; });
    }

private:
    struct Line {
        std::string text;
        std::function<void(bool kept)> done;
    };

    /// Changes members under the lock and wakes the thread.
    template<class Change>
    void change(const Change& change_state) {
        {
            const std::lock_guard lock{mutex_};
            change_state();
        }
        ready_.notify_one();
    }

    void work() {
        std::unique_lock lock{mutex_};
        for (;;) {
            ready_.wait(lock, [this] { return stopping_ || reopen_ || !waiting_.empty(); });
            if (waiting_.empty() && stopping_)
                return;
            const auto lines = std::exchange(waiting_, {});
            const bool anew = std::exchange(reopen_, false);
            lock.unlock();
            // Retry opening with each batch, so that a failure ends when its cause does.
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

    /// Acknowledges all lines or none: a failed write may leave some of them in the file.
    bool write(const std::vector<Line>& lines) {
        std::string text;
        for (const auto& line : lines)
            text += line.text;
        std::string failure;
        if (descriptor_ < 0)
            failure = fault("open");
        for (std::string_view rest = text; !rest.empty() && failure.empty();) {
            const auto count = ::write(descriptor_, rest.data(), rest.size());
            if (count >= 0)
                rest.remove_prefix(static_cast<std::size_t>(count));
            else if (errno != EINTR)
                failure = fault("write");
        }
        if (options_.sync && !text.empty() && failure.empty() && ::fdatasync(descriptor_) != 0)
            failure = fault("fdatasync");
        const bool was_faulty = std::exchange(faulty_, !failure.empty());
        if (faulty_ && !was_faulty && options_.on_fault)
            options_.on_fault(failure);
        return !faulty_;
    }

    std::string fault(const char* call) const {
        return fmt::format(
            "The audit log {} can't be written ({}: {}); writes are answered 500 until it can be",
            path_.string(), call, std::generic_category().message(errno));
    }

    const std::filesystem::path path_;
    const AuditFileOptions options_;

    std::mutex mutex_;
    std::condition_variable ready_;
    std::vector<Line> waiting_;
    bool reopen_ = false;
    bool stopping_ = false;

    int descriptor_; ///< used by the thread alone
    bool faulty_ = false;
    std::thread thread_; // the last member: it uses the others
};

result<std::shared_ptr<AuditFile>> AuditFile::open(std::filesystem::path path, AuditFileOptions options) {
    const int descriptor = open_file(path);
    if (descriptor < 0)
        return Error{errc::store_io, fmt::format("The audit log {} can't be opened: {}", path.string(),
                                                 std::generic_category().message(errno))};
    return std::shared_ptr<AuditFile>{
        new AuditFile{std::make_unique<State>(std::move(path), std::move(options), descriptor)}};
}

AuditFile::AuditFile(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}

AuditFile::~AuditFile() = default;

void AuditFile::record(AuditRecord record, std::function<void(bool kept)> done) {
    state_->append(line_of(record), std::move(done));
}

void AuditFile::reopen() {
    state_->reopen();
}

} // namespace portrait::audit_file
