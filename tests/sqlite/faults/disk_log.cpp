#include "disk_log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <mutex>
#include <optional>
#include <utility>

namespace portrait::testing {
namespace {

constexpr std::size_t sector = 512;

std::mutex mutex;
std::string recorded_folder; // with a slash at its end
std::vector<DiskCall> calls;
std::atomic<bool> on{false};
std::atomic<bool> without_syncs{false};

/// The path below the recorded folder; absent for other files and for unlinked ones.
std::optional<std::string> path_inside(std::string_view path) {
    if (path.ends_with(" (deleted)") || path.ends_with("-shm") || path.ends_with("/lock"))
        return std::nullopt;
    if (std::string{path} + "/" == recorded_folder)
        return std::string{};
    if (!path.starts_with(recorded_folder))
        return std::nullopt;
    return std::string{path.substr(recorded_folder.size())};
}

void note(std::string_view path, DiskCall call) {
    const std::lock_guard lock{mutex};
    if (!on)
        return;
    auto inside = path_inside(path);
    if (!inside)
        return;
    call.path = *std::move(inside);
    if (call.kind == DiskCall::Kind::sync && (call.path.empty() || call.path == "pictures"))
        call.kind = DiskCall::Kind::sync_folder;
    calls.push_back(std::move(call));
}

/// A write or a part of it: the sectors of [begin, end) of the call.
void write_part(std::vector<std::byte>& file, const DiskCall& call, std::size_t begin, std::size_t end) {
    const auto offset = static_cast<std::size_t>(call.offset);
    if (file.size() < offset + end)
        file.resize(offset + end);
    std::copy(call.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
              call.bytes.begin() + static_cast<std::ptrdiff_t>(end),
              file.begin() + static_cast<std::ptrdiff_t>(offset + begin));
}

void change(std::vector<std::byte>& file, const DiskCall& call) {
    switch (call.kind) {
    case DiskCall::Kind::write: write_part(file, call, 0, call.bytes.size()); break;
    case DiskCall::Kind::resize: file.resize(static_cast<std::size_t>(call.offset)); break;
    case DiskCall::Kind::zero: {
        const auto begin = std::min<std::size_t>(call.offset, file.size());
        const auto end = std::min<std::size_t>(call.offset + call.length, file.size());
        std::fill(file.begin() + static_cast<std::ptrdiff_t>(begin),
                  file.begin() + static_cast<std::ptrdiff_t>(end), std::byte{});
        break;
    }
    default: break;
    }
}

/// Each sector of a write is on the disk or not.
void tear(std::vector<std::byte>& file, const DiskCall& call, std::mt19937& random) {
    for (std::size_t begin = 0; begin < call.bytes.size();) {
        const auto in_sector = (static_cast<std::size_t>(call.offset) + begin) % sector;
        const auto end = std::min(call.bytes.size(), begin + sector - in_sector);
        if (random() % 2 == 0)
            write_part(file, call, begin, end);
        begin = end;
    }
}

void write_file(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file{path, std::ios::binary};
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

} // namespace

DiskLog::DiskLog(const std::filesystem::path& folder) {
    const std::lock_guard lock{mutex};
    recorded_folder = std::filesystem::canonical(folder).string() + "/";
    calls.clear();
    on = true;
}

DiskLog::~DiskLog() {
    take();
}

void DiskLog::mark(std::uint64_t number) {
    const std::lock_guard lock{mutex};
    calls.push_back({.kind = DiskCall::Kind::mark, .offset = number});
}

std::vector<DiskCall> DiskLog::take() {
    const std::lock_guard lock{mutex};
    on = false;
    return std::exchange(calls, {});
}

void note_call(int descriptor, DiskCall call) {
    std::array<char, 4096> name{};
    const auto link = "/proc/self/fd/" + std::to_string(descriptor);
    const auto length = ::readlink(link.c_str(), name.data(), name.size());
    if (length > 0)
        note({name.data(), static_cast<std::size_t>(length)}, std::move(call));
}

void note_call(const char* path, DiskCall call) {
    note(path, std::move(call));
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

void ReplayedDisk::apply(const DiskCall& call) {
    switch (call.kind) {
    case DiskCall::Kind::mark: break;
    case DiskCall::Kind::create:
        if (auto& file = names_[call.path]; !file) {
            file = std::make_shared<File>();
            pending_names_.push_back({call.path, file});
        }
        break;
    case DiskCall::Kind::unlink:
        if (names_.erase(call.path) != 0)
            pending_names_.push_back({call.path, nullptr});
        break;
    case DiskCall::Kind::sync_folder: {
        const auto in_folder = [&](const NameChange& changed) {
            return std::filesystem::path{changed.path}.parent_path() == call.path;
        };
        for (const auto& changed : pending_names_)
            if (in_folder(changed)) {
                if (changed.file)
                    durable_names_[changed.path] = changed.file;
                else
                    durable_names_.erase(changed.path);
            }
        std::erase_if(pending_names_, in_folder);
        break;
    }
    case DiskCall::Kind::sync:
        if (const auto found = names_.find(call.path); found != names_.end()) {
            for (const auto& pending : found->second->pending)
                change(found->second->durable, pending);
            found->second->pending.clear();
        }
        break;
    default:
        if (const auto found = names_.find(call.path); found != names_.end())
            found->second->pending.push_back(call);
    }
}

void ReplayedDisk::lose_pending() {
    for (const auto& [path, file] : names_)
        file->pending.clear();
}

void ReplayedDisk::leave(const std::filesystem::path& folder, std::mt19937& random) const {
    auto names = durable_names_;
    const auto changes = pending_names_.empty() ? 0 : random() % (pending_names_.size() + 1);
    for (std::size_t index = 0; index < changes; ++index) {
        if (pending_names_[index].file)
            names[pending_names_[index].path] = pending_names_[index].file;
        else
            names.erase(pending_names_[index].path);
    }
    for (const auto& [path, file] : names) {
        auto bytes = file->durable;
        // No call, a prefix, all calls, or any of them, whole or torn.
        const auto manner = random() % 4;
        const auto prefix = manner == 0   ? 0
                            : manner == 1 ? random() % (file->pending.size() + 1)
                                          : file->pending.size();
        for (std::size_t index = 0; index < prefix; ++index) {
            const auto& call = file->pending[index];
            const auto fate = manner == 3 ? random() % 3 : 0;
            if (fate == 0)
                change(bytes, call);
            else if (fate == 1 && call.kind == DiskCall::Kind::write)
                tear(bytes, call, random);
        }
        write_file(folder / path, bytes);
    }
}

} // namespace portrait::testing
