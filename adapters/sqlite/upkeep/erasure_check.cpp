#include "folder/data_folder.hpp"
#include "rows/erasures.hpp"
#include "upkeep/erasing.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

namespace portrait::sqlite {
namespace {

/// Whether the file of a record's segment has a header with the record's sequence, at any place.
[[nodiscard]] result<bool> segment_has(const std::filesystem::path& folder, std::uint64_t sequence) {
    // The upper half of a sequence is the number of the segment.
    const auto path = SegmentFile::path_of(folder, sequence >> 32U);
    const auto file = FileDescriptor::open(path, O_RDONLY);
    if (!file && errno == ENOENT)
        return false;
    if (!file)
        return error_of_errno(errno, "open", path);
    std::array<std::byte, record_header_size> header{};
    for (off_t place = 0;; place += static_cast<off_t>(range_alignment)) {
        const auto data = ::lseek(file.get(), place, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            return false;
        if (data < 0)
            return error_of_errno(errno, "lseek", path);
        place = data / static_cast<off_t>(range_alignment) * static_cast<off_t>(range_alignment);
        std::size_t read = 0;
        if (const int failure = read_fully(file.get(), header, static_cast<std::uint64_t>(place), read);
            failure != 0)
            return error_of_errno(failure, "pread", path);
        const auto decoded = read == header.size() ? decode(header) : Error{errc::store_corrupt};
        if (decoded && decoded->sequence == sequence)
            return true;
    }
}

} // namespace

result<ErasureCheck> SqliteImageStore::verify_erased(PersonId person_id) const {
    ErasureCheck check;
    std::vector<ErasureRow> erasures;
    {
        PORTRAIT_TRY_GET(connection, folder_->readers().take());
        PORTRAIT_TRY_GET(rows, find_erasures(*connection, person_id));
        erasures = std::move(rows);
        PORTRAIT_TRY_GET(named,
                         connection->has_row("SELECT 1 FROM person WHERE person_id = ?", person_id.value()));
        check.has_name = named;
        PORTRAIT_TRY_GET(picture, find_blob(*connection, person_id));
        if (picture)
            check.found.push_back(fmt::format("The person has a picture, blob {}, saved or linked at {}",
                                              picture->info.blob_id.value(),
                                              utc_text(last_change(picture->info))));
    }
    if (erasures.empty())
        return check;
    check.erasure = erasures.back().erasure;
    auto unproven = erase_leftovers(*folder_, {});
    std::move(unproven.begin(), unproven.end(), std::back_inserter(check.found));
    for (const auto& row : erasures)
        if (row.sequence) {
            PORTRAIT_TRY_GET(found, segment_has(folder_->segments().folder(), *row.sequence));
            if (found)
                check.found.push_back(fmt::format("The bytes erased at {} are still in {}",
                                                  utc_text(row.erasure.at),
                                                  SegmentFile::path_of({}, *row.sequence >> 32U).string()));
        }
    return check;
}

} // namespace portrait::sqlite
