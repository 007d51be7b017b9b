#include "segments/segments.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace portrait::sqlite {

namespace {

/// So many files stay open; a store of more is served by opening them again.
constexpr std::size_t max_open_files = 256;

} // namespace

Segments::Segments(std::filesystem::path folder, SegmentFile::Growth growth, NumberSource next_number)
    : folder_{std::move(folder)}
    , growth_{growth}
    , next_number_{std::move(next_number)} {}

result<Reservation> Segments::reserve(std::uint64_t length) {
    const std::scoped_lock lock{reserve_mutex_};
    const bool giant = range_length(length) > growth_.segment_bytes;
    if (present_ && !giant) {
        auto reserved = present_->reserve(length);
        if (!reserved)
            return reserved.error();
        if (*reserved)
            return std::move(**reserved);
    }
    const auto file = make_file();
    if (!file)
        return file.error();
    auto reserved = (*file)->reserve(length);
    if (!reserved) {
        // Nothing is in it yet, so its number may serve again when there is room.
        ::unlink(SegmentFile::path_of(folder_, (*file)->number()).c_str());
        unused_number_ = (*file)->number();
        return reserved.error();
    }
    if (!*reserved)
        return Error{errc::internal}.with_cause("a new segment has no room");
    remember(*file);
    // What sealing gives back is space only; without it the file is merely larger than need be.
    const auto full = giant ? *file : std::exchange(present_, *file);
    if (full)
        (void)full->seal();
    return std::move(**reserved);
}

result<std::shared_ptr<SegmentFile>> Segments::make_file() {
    for (;;) {
        const auto number = unused_number_ ? result<std::uint64_t>{*unused_number_} : next_number_();
        if (!number)
            return number.error();
        unused_number_.reset();
        auto file = SegmentFile::create(folder_, *number, growth_);
        if (!file)
            unused_number_ = *number;
        // A file of this number that no row knows is somebody else's: go on to the next number.
        if (!file || *file)
            return file;
    }
}

void Segments::remember(const std::shared_ptr<SegmentFile>& file) {
    const std::scoped_lock lock{files_mutex_};
    if (files_.size() >= max_open_files)
        std::erase_if(files_, [](const auto& entry) { return entry.second.use_count() == 1; });
    files_.emplace(file->number(), file);
}

result<std::shared_ptr<SegmentFile>> Segments::file(std::uint64_t number) {
    if (auto open = open_file(number))
        return open;
    auto file = SegmentFile::open(folder_, number);
    if (!file)
        return file;
    remember(*file);
    const std::scoped_lock lock{files_mutex_};
    // Another thread may have been faster: all have to share one object.
    const auto found = files_.find(number);
    return found != files_.end() ? found->second : *file;
}

std::shared_ptr<SegmentFile> Segments::open_file(std::uint64_t number) {
    const std::scoped_lock lock{files_mutex_};
    const auto found = files_.find(number);
    return found != files_.end() ? found->second : nullptr;
}

void Segments::forget_failed() {
    const std::scoped_lock lock{files_mutex_};
    std::erase_if(files_, [](const auto& entry) { return entry.second->failed(); });
}

void Segments::seal() {
    const std::scoped_lock lock{reserve_mutex_};
    if (const auto full = std::exchange(present_, nullptr))
        (void)full->seal();
}

result<void> Segments::remove(std::uint64_t number) {
    {
        const std::scoped_lock lock{files_mutex_};
        files_.erase(number);
    }
    const auto path = SegmentFile::path_of(folder_, number);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return error_of_errno(errno, "unlink", path);
    return sync_folder(folder_);
}

} // namespace portrait::sqlite
