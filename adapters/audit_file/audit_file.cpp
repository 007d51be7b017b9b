#include <portrait/audit_file/audit_file.hpp>

#include "audit_lines.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <new>
#include <random>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace portrait::audit_file {
namespace {

/// Syncs the folder of a file, so that the file is there after a power cut.
bool sync_folder_of(const std::filesystem::path& path) {
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int failure = errno;
    if (descriptor >= 0)
        ::close(descriptor);
    errno = failure;
    return synced;
}

bool is_regular(int descriptor) {
    struct stat found {};
    return ::fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode);
}

/// With `sync` the file's name is durable, also when a rotation or a process that was killed made it. Returns
/// -1 and sets errno after an error.
int open_file(const std::filesystem::path& path, bool sync) {
    constexpr int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY;
    for (;;) {
        const int present = ::open(path.c_str(), flags);
        if (present < 0 && errno != ENOENT)
            return -1;
        const int opened =
            present >= 0 ? present : ::open(path.c_str(), flags | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
        if (opened < 0 && errno == EEXIST) // another process was faster
            continue;
        const bool needs_sync = present < 0 || (sync && is_regular(present));
        if (opened < 0 || !needs_sync || sync_folder_of(path))
            return opened;
        const int failure = errno;
        ::close(opened);
        errno = failure;
        return -1;
    }
}

/// Whether the file ends inside a line.
bool ends_torn(int descriptor) {
    struct stat found {};
    char last = '\n';
    return ::fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode) && found.st_size > 0 &&
           ::pread(descriptor, &last, 1, found.st_size - 1) == 1 && last != '\n';
}

} // namespace

class AuditFile::State {
public:
    State(std::filesystem::path path, AuditFileOptions options, int descriptor)
        : path_{std::move(path)}
        , options_{std::move(options)}
        , run_{fmt::format("{:08x}", std::random_device{}())}
        , descriptor_{descriptor}
        , torn_{ends_torn(descriptor)}
        , thread_{[this] { retry(); }} {}

    ~State() {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        changed_.notify_one();
        thread_.join();
        if (!outcomes_.empty())
            flush_contained();
        if (descriptor_ >= 0)
            ::close(descriptor_);
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    [[nodiscard]] result<AuditTicket> prepare(std::span<const AuditRecord> records) {
        const std::lock_guard lock{mutex_};
        const AuditTicket ticket{next_, records.size()};
        next_ += ticket.count;
        try {
            // Flush first: outcomes that wait don't become more while the file is faulty.
            if (flush() && append(lines_of(records, ticket), ticket.first)) {
                prepared_ += ticket.count;
                return ticket;
            }
            // NOLINTNEXTLINE(bugprone-empty-catch): refused as after a fault
        } catch (const std::bad_alloc&) {
        }
        refused_ += records.size();
        unreported_ += records.size();
        return Error{errc::audit_unavailable};
    }

    void conclude(AuditTicket ticket, AuditOutcome outcome) noexcept {
        try {
            const std::lock_guard lock{mutex_};
            (outcome == AuditOutcome::committed ? committed_ : failed_) += ticket.count;
            for (std::size_t record = 0; record < ticket.count; ++record)
                outcomes_ += outcome_line(id_of(ticket.first + record), outcome);
            (void)flush();
            // NOLINTNEXTLINE(bugprone-empty-catch): without memory the records stay without an outcome
        } catch (...) {
        }
    }

    void reopen() {
        const std::lock_guard lock{mutex_};
        close_file();
        (void)flush();
    }

    [[nodiscard]] result<void> writable() const {
        if (faulty_)
            return Error{errc::audit_unavailable};
        return {};
    }

    AuditFileStatistics statistics() const {
        return {.prepared = prepared_,
                .committed = committed_,
                .failed = failed_,
                .refused = refused_,
                .faulty = faulty_};
    }

private:
    std::string id_of(std::uint64_t number) const { return fmt::format("{}-{}", run_, number); }

    std::string lines_of(std::span<const AuditRecord> records, AuditTicket ticket) const {
        std::string text;
        for (std::size_t index = 0; index < records.size(); ++index)
            text += prepared_line(id_of(ticket.first + index), records[index]);
        return text;
    }

    /// Tries again while the file is faulty, since it may get no write: a balancer sends none to a server
    /// that isn't ready.
    void retry() {
        std::unique_lock lock{mutex_};
        while (!stopping_) {
            if (!faulty_)
                changed_.wait(lock, [this] { return stopping_ || faulty_; });
            else if (!changed_.wait_for(lock, options_.retry_delay, [this] { return stopping_; }))
                flush_contained();
        }
    }

    // These are called with the lock.

    /// Without memory the next attempt writes what waits.
    void flush_contained() noexcept {
        try {
            (void)flush();
            // NOLINTNEXTLINE(bugprone-empty-catch): as above
        } catch (const std::bad_alloc&) {
        }
    }

    /// Opens the file if it is closed, and writes what waits.
    bool flush() {
        if (descriptor_ < 0) {
            descriptor_ = open_file(path_, options_.sync);
            if (descriptor_ < 0)
                return note_fault("open");
            torn_ = ends_torn(descriptor_);
        }
        if (outcomes_.empty() && unreported_ == 0 && !torn_) {
            set_faulty(false);
            return true;
        }
        auto text = torn_ ? "\n" + outcomes_ : outcomes_;
        const auto refused = unreported_ != 0 ? refused_line(unreported_) : std::string{};
        text += refused; // the last line, so it is written when all is
        const bool written = write(text);
        text.erase(0, text.starts_with('\n') ? 1 : 0);
        outcomes_ = std::move(text); // needs no memory: a line that is written mustn't stay
        if (!written) {
            outcomes_.resize(outcomes_.size() - refused.size());
            return false;
        }
        unreported_ = 0;
        if (faulty_ && options_.sync && ::fdatasync(descriptor_) != 0)
            return note_fault("fdatasync");
        set_faulty(false);
        return true;
    }

    /// Writes prepared records. After an error those whose lines are in the file have failed.
    bool append(const std::string& text, std::uint64_t first) {
        auto unwritten = text;
        if (write(unwritten) && (!options_.sync || ::fdatasync(descriptor_) == 0 || note_fault("fdatasync")))
            return true;
        const auto end = text.end() - static_cast<std::ptrdiff_t>(unwritten.size());
        for (auto line = std::find(text.begin(), end, '\n'); line != end;
             line = std::find(line + 1, end, '\n'))
            outcomes_ += outcome_line(id_of(first++), AuditOutcome::failed);
        return false;
    }

    /// Takes the lines that are written as a whole off the front.
    bool write(std::string& text) {
        std::size_t written = 0;
        while (written < text.size()) {
            const auto count = ::write(descriptor_, text.data() + written, text.size() - written);
            if (count >= 0)
                written += static_cast<std::size_t>(count);
            else if (errno != EINTR) {
                note_fault("write");
                break;
            }
        }
        if (written == 0)
            return text.empty();
        torn_ = text[written - 1] != '\n';
        const bool complete = written == text.size();
        text.erase(0, text.rfind('\n', written - 1) + 1);
        return complete;
    }

    void close_file() {
        if (descriptor_ >= 0)
            ::close(descriptor_);
        descriptor_ = -1;
    }

    /// Returns false.
    bool note_fault(const char* call) noexcept {
        const int number = errno;
        if (!faulty_ && options_.on_fault)
            try {
                options_.on_fault(fmt::format(
                    "The audit log {} can't be written ({}: {}); writes are answered 503 until it can be",
                    path_.string(), call, std::generic_category().message(number)));
                // NOLINTNEXTLINE(bugprone-empty-catch): without memory the fault is only counted
            } catch (const std::bad_alloc&) {
            }
        set_faulty(true);
        return false;
    }

    void set_faulty(bool faulty) {
        if (faulty_.exchange(faulty) != faulty)
            changed_.notify_one();
    }

    const std::filesystem::path path_;
    const AuditFileOptions options_;
    const std::string run_; ///< distinguishes the ids of this object from earlier ones

    std::atomic<bool> faulty_ = false;
    std::atomic<std::uint64_t> prepared_ = 0;
    std::atomic<std::uint64_t> committed_ = 0;
    std::atomic<std::uint64_t> failed_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;

    std::mutex mutex_; ///< for the rest
    std::condition_variable changed_;
    bool stopping_ = false;
    int descriptor_;
    bool torn_;                    ///< whether the file ends inside a line
    std::string outcomes_;         ///< lines that couldn't be written yet
    std::uint64_t unreported_ = 0; ///< refused writes without a line
    std::uint64_t next_ = 1;

    std::thread thread_; // the last member: it uses the others
};

result<std::shared_ptr<AuditFile>> AuditFile::open(std::filesystem::path path, AuditFileOptions options) {
    const int descriptor = open_file(path, options.sync);
    if (descriptor < 0)
        return Error{errno == ENOSPC || errno == EDQUOT ? errc::store_full : errc::store_io,
                     fmt::format("The audit log {} can't be opened: {}", path.string(),
                                 std::generic_category().message(errno))};
    return std::shared_ptr<AuditFile>{
        new AuditFile{std::make_unique<State>(std::move(path), std::move(options), descriptor)}};
}

AuditFile::AuditFile(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}

AuditFile::~AuditFile() = default;

result<AuditTicket> AuditFile::prepare(std::span<const AuditRecord> records) {
    return state_->prepare(records);
}

void AuditFile::conclude(AuditTicket ticket, AuditOutcome outcome) noexcept {
    state_->conclude(ticket, outcome);
}

result<void> AuditFile::writable() const {
    return state_->writable();
}

void AuditFile::reopen() {
    state_->reopen();
}

AuditFileStatistics AuditFile::statistics() const {
    return state_->statistics();
}

} // namespace portrait::audit_file
