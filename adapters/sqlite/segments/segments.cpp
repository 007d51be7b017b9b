#include "segments/segments.hpp"

#include <portrait/try.hpp>

#include <unistd.h>

#include <utility>

namespace portrait::sqlite {
namespace {

/// With more open files than this, unused ones are closed.
constexpr std::size_t max_open_files = 256;

} // namespace

Segments::Segments(std::filesystem::path folder, SegmentFile::Growth growth, NumberSource next_number)
    : folder_{std::move(folder)}
    , growth_{growth}
    , next_number_{std::move(next_number)} {}

result<Reservation> Segments::reserve(std::uint64_t length) {
    const std::scoped_lock lock{reserve_mutex_};
    const bool oversized = range_length(length) > growth_.segment_bytes;
    if (current_ && !oversized) {
        PORTRAIT_TRY_GET(reserved, current_->reserve(length));
        if (reserved)
            return *std::move(reserved);
    }
    PORTRAIT_TRY_GET(file, make_file());
    auto reserved = file->reserve(length);
    if (!reserved) {
        // The file is empty, so its number can be used when there is room again.
        ::unlink(SegmentFile::path_of(folder_, file->number()).c_str());
        unused_number_ = file->number();
        return reserved.error();
    }
    if (!*reserved)
        return Error{errc::internal}.with_cause("a new segment has no room");
    (void)remember(file);
    // Ignore a failure: the file is only larger than necessary then.
    if (const auto full = oversized ? file : std::exchange(current_, file))
        (void)full->seal();
    return **std::move(reserved);
}

void Segments::seal_current() {
    const std::scoped_lock lock{reserve_mutex_};
    // Ignore a failure: the file is only larger than necessary then.
    if (const auto file = std::exchange(current_, nullptr))
        (void)file->seal();
}

result<std::shared_ptr<SegmentFile>> Segments::make_file() {
    for (;;) {
        if (!unused_number_) {
            PORTRAIT_TRY_GET(number, next_number_());
            unused_number_ = number;
        }
        PORTRAIT_TRY_GET(file, SegmentFile::create(folder_, *unused_number_, growth_));
        unused_number_.reset();
        // Null: there is a file of this number, but no row of it. Leave it alone and take the next number.
        if (file)
            return std::move(file);
    }
}

std::shared_ptr<SegmentFile> Segments::remember(std::shared_ptr<SegmentFile> file) {
    const std::scoped_lock lock{files_mutex_};
    if (files_.size() >= max_open_files)
        std::erase_if(files_, [](const auto& entry) { return entry.second.use_count() == 1; });
    return files_.try_emplace(file->number(), file).first->second;
}

result<std::shared_ptr<SegmentFile>> Segments::file(std::uint64_t number) {
    if (auto open = open_file(number))
        return open;
    PORTRAIT_TRY_GET(file, SegmentFile::open(folder_, number));
    return remember(std::move(file));
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

result<void> Segments::remove(std::uint64_t number) {
    {
        const std::scoped_lock lock{files_mutex_};
        files_.erase(number);
    }
    PORTRAIT_TRY(remove_file(SegmentFile::path_of(folder_, number)));
    return sync_folder(folder_);
}

} // namespace portrait::sqlite
