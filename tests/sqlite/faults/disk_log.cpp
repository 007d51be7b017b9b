#include "disk_log.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace portrait::testing {
namespace {

struct Record {
    std::string folder; ///< with a slash at its end
    std::string file;   ///< empty: the calls are kept in memory
    std::vector<DiskCall> calls;
    std::uint64_t noted = 0;
};

/// Never destroyed: a recorded process flushes its output after its static objects are.
Record& record() {
    static auto* const only = new Record;
    return *only;
}

std::mutex mutex;
std::atomic<bool> on{false};
std::atomic<bool> without_syncs{false};

/// A call in a file: these numbers, then the two paths and the bytes.
struct Head {
    std::uint64_t kind;
    std::uint64_t offset;
    std::uint64_t length;
    std::uint64_t path_size;
    std::uint64_t to_size;
    std::uint64_t byte_count;
};

/// By system calls, since the C library's are recorded. Opens the file each time: the process may close all
/// descriptors that it does not know.
void append_to_file(DiskCall& call) {
    Head head{static_cast<std::uint64_t>(call.kind),
              call.offset,
              call.length,
              call.path.size(),
              call.to.size(),
              call.bytes.size()};
    const std::array parts{iovec{&head, sizeof head}, iovec{call.path.data(), call.path.size()},
                           iovec{call.to.data(), call.to.size()},
                           iovec{call.bytes.data(), call.bytes.size()}};
    const auto size = sizeof head + call.path.size() + call.to.size() + call.bytes.size();
    const auto file = ::syscall(SYS_openat, AT_FDCWD, record().file.c_str(),
                                O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ::syscall(SYS_writev, file, parts.data(), parts.size()) != static_cast<long>(size))
        std::_Exit(70);
    (void)::syscall(SYS_close, file);
}

/// The path below the recorded folder; absent for other files, for unlinked ones and for those that hold
/// nothing durable.
std::optional<std::string> path_inside(std::string_view path) {
    if (path.ends_with(" (deleted)") || path.ends_with("-shm") || path.ends_with("/lock"))
        return std::nullopt;
    if (std::string{path} + "/" == record().folder)
        return std::string{};
    if (!path.starts_with(record().folder))
        return std::nullopt;
    return std::string{path.substr(record().folder.size())};
}

std::string path_of(long descriptor) {
    std::array<char, 4096> name{};
    const auto link = "/proc/self/fd/" + std::to_string(descriptor);
    const auto length = ::readlink(link.c_str(), name.data(), name.size());
    return {name.data(), static_cast<std::size_t>(length > 0 ? length : 0)};
}

/// The path with a folder that has no links, as `path_of` returns it.
std::string resolved(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/'))
        path.remove_suffix(1);
    const auto slash = path.rfind('/');
    const std::string folder{slash == std::string_view::npos ? "." : path.substr(0, slash + 1)};
    const auto descriptor =
        ::syscall(SYS_openat, AT_FDCWD, folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (descriptor < 0)
        return std::string{path};
    auto whole = path_of(descriptor) + '/';
    (void)::syscall(SYS_close, descriptor);
    return whole.append(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

// Called with the lock.
void add(DiskCall call) {
    ++record().noted;
    if (record().file.empty())
        record().calls.push_back(std::move(call));
    else
        append_to_file(call);
}

void note(std::string_view path, DiskCall call) {
    const std::lock_guard lock{mutex};
    if (!on)
        return;
    auto inside = path_inside(path);
    if (!inside && call.kind != DiskCall::Kind::sync_all)
        return;
    call.path = std::move(inside).value_or("");
    add(std::move(call));
}

} // namespace

DiskLog::DiskLog(const std::filesystem::path& folder) {
    const std::lock_guard lock{mutex};
    record().folder = std::filesystem::canonical(folder).string() + "/";
    record().calls.clear();
    record().noted = 0;
    on = true;
}

DiskLog::~DiskLog() {
    take();
}

void DiskLog::mark(std::uint64_t number) {
    note_mark(number);
}

std::vector<DiskCall> DiskLog::take() {
    const std::lock_guard lock{mutex};
    on = false;
    return std::exchange(record().calls, {});
}

void record_to_file(const std::string& folder, const std::string& file) {
    const std::lock_guard lock{mutex};
    record().folder = folder + "/";
    record().file = file;
    on = true;
}

void append_recorded(const std::filesystem::path& file, std::vector<DiskCall>& all) {
    std::ifstream stream{file, std::ios::binary};
    const std::string text{std::istreambuf_iterator{stream}, {}};
    const auto before = all.size();
    std::string_view rest{text};
    const auto taken = [&rest](std::size_t size) {
        if (rest.size() < size)
            throw std::runtime_error{"the recorded calls are cut off"};
        const auto part = rest.substr(0, size);
        rest.remove_prefix(size);
        return part;
    };
    while (!rest.empty()) {
        Head head{};
        std::memcpy(&head, taken(sizeof head).data(), sizeof head);
        DiskCall call{.kind = static_cast<DiskCall::Kind>(head.kind)};
        call.offset = head.offset;
        call.length = head.length;
        call.path = taken(head.path_size);
        call.to = taken(head.to_size);
        const auto bytes = std::as_bytes(std::span{taken(head.byte_count)});
        call.bytes.assign(bytes.begin(), bytes.end());
        if (call.kind == DiskCall::Kind::sync || call.kind == DiskCall::Kind::sync_all)
            call.length += before;
        all.push_back(std::move(call));
    }
}

void note_call(int descriptor, DiskCall call) {
    if (const auto path = path_of(descriptor); !path.empty())
        note(path, std::move(call));
}

void note_call(const char* path, DiskCall call) {
    note(resolved(path), std::move(call));
}

void note_names(const char* path, const char* to, DiskCall::Kind kind) {
    const auto from_path = resolved(path);
    const auto to_path = resolved(to);
    const std::lock_guard lock{mutex};
    if (!on)
        return;
    auto from_inside = path_inside(from_path);
    auto to_inside = path_inside(to_path);
    if (from_inside && to_inside)
        add({.kind = kind, .path = *std::move(from_inside), .to = *std::move(to_inside)});
}

void note_mark(std::uint64_t number) {
    const std::lock_guard lock{mutex};
    if (on)
        add({.kind = DiskCall::Kind::mark, .offset = number});
}

std::uint64_t calls_noted() {
    const std::lock_guard lock{mutex};
    return record().noted;
}

bool recording() noexcept {
    return on;
}

void skip_syncs(bool skip) noexcept {
    without_syncs = skip;
}

bool syncs_are_skipped() noexcept {
    return without_syncs;
}

} // namespace portrait::testing
