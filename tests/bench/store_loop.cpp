// The upper bound for the store's design: one thread writes records into a preallocated file, syncs it, and
// commits their rows in one SQLite transaction. Without sockets, reads, freed space and further threads.
// usage: portrait_store_loop FOLDER PICTURE BATCH SECONDS        prints the saves per second

#include <portrait/digest.hpp>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>

namespace {

constexpr std::uint64_t block = 4096;
constexpr std::uint64_t step = 64ULL << 20;
constexpr std::uint64_t segment_bytes = 1ULL << 30;
constexpr std::int64_t persons = 500; // saved repeatedly, as in the other measurements

void require(bool holds, const char* what) {
    if (!holds) {
        std::perror(what);
        std::exit(1);
    }
}

class Rows {
public:
    explicit Rows(const std::filesystem::path& path) {
        require(sqlite3_open(path.c_str(), &database_) == SQLITE_OK, "sqlite3_open");
        run("PRAGMA journal_mode = WAL");
        run("PRAGMA synchronous = FULL");
        run("CREATE TABLE blob (blob_id INTEGER PRIMARY KEY, version INTEGER, place INTEGER, size INTEGER, "
            "width INTEGER, height INTEGER, digest BLOB, description TEXT, extra_info TEXT, updated_at "
            "INTEGER, "
            "updated_by INTEGER, name TEXT, full_name TEXT)");
        const char* insert = "INSERT OR REPLACE INTO blob VALUES "
                             "(?, ?, ?, 65536, 300, 300, ?, '', '', 1790000000000, 5, 'tje0', 'Terje Demo')";
        require(sqlite3_prepare_v2(database_, insert, -1, &insert_, nullptr) == SQLITE_OK, "prepare");
    }

    void run(const char* sql) {
        require(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
    }

    void put(std::int64_t number, std::uint64_t place, const portrait::Digest& digest) {
        sqlite3_bind_int64(insert_, 1, number % persons + 1);
        sqlite3_bind_int64(insert_, 2, number);
        sqlite3_bind_int64(insert_, 3, static_cast<sqlite3_int64>(place));
        sqlite3_bind_blob(insert_, 4, digest.bytes.data(), static_cast<int>(digest.bytes.size()),
                          SQLITE_STATIC);
        require(sqlite3_step(insert_) == SQLITE_DONE, "insert");
        sqlite3_reset(insert_);
    }

private:
    sqlite3* database_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
};

class Segment {
public:
    explicit Segment(std::filesystem::path folder)
        : folder_{std::move(folder)} {
        next();
    }

    std::uint64_t write(std::span<const std::byte> bytes) {
        const std::uint64_t length = (bytes.size() + header_.size() + block - 1) / block * block;
        if (end_ + length > segment_bytes)
            next();
        if (end_ + length > allocated_) {
            require(::fallocate(file_, 0, static_cast<off_t>(allocated_), step) == 0, "fallocate");
            allocated_ += step;
        }
        std::array parts{iovec{header_.data(), header_.size()},
                         iovec{const_cast<std::byte*>(bytes.data()), bytes.size()}};
        require(::pwritev(file_, parts.data(), 2, static_cast<off_t>(end_)) ==
                    static_cast<ssize_t>(header_.size() + bytes.size()),
                "pwritev");
        const auto place = end_;
        end_ += length;
        return place;
    }

    void sync() { require(::fdatasync(file_) == 0, "fdatasync"); }

private:
    // Unlinks the previous file, because only the rate is measured and the disk may be small.
    void next() {
        if (file_ >= 0) {
            sync();
            ::close(file_);
            std::filesystem::remove(folder_ / std::to_string(number_));
        }
        file_ = ::open((folder_ / std::to_string(++number_)).c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
        require(file_ >= 0, "open");
        end_ = allocated_ = 0;
    }

    std::filesystem::path folder_;
    std::array<std::byte, 64> header_{};
    int file_ = -1;
    int number_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t allocated_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: portrait_store_loop FOLDER PICTURE BATCH SECONDS\n");
        return 2;
    }
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    std::ifstream file{argv[2], std::ios::binary};
    const std::string picture{std::istreambuf_iterator<char>{file}, {}};
    const int batch = std::atoi(argv[3]);
    const std::chrono::duration<double> wanted{std::atof(argv[4])};
    require(!picture.empty() && batch > 0, "a picture and a batch size");

    Rows rows{folder / "rows.db"};
    Segment segment{folder};
    const auto bytes = std::as_bytes(std::span{picture});
    std::array<std::uint64_t, 65536> places{};
    require(static_cast<std::size_t>(batch) <= places.size(), "a smaller batch size");
    std::int64_t saved = 0;
    const auto start = std::chrono::steady_clock::now();
    std::chrono::duration<double> spent{};
    while (spent < wanted) {
        portrait::Digest digest;
        for (int index = 0; index < batch; ++index) {
            digest = portrait::digest_of(bytes);
            places[static_cast<std::size_t>(index)] = segment.write(bytes);
        }
        segment.sync();
        rows.run("BEGIN IMMEDIATE");
        for (int index = 0; index < batch; ++index)
            rows.put(saved++, places[static_cast<std::size_t>(index)], digest);
        rows.run("COMMIT");
        spent = std::chrono::steady_clock::now() - start;
    }
    std::printf("%.0f\n", static_cast<double>(saved) / spent.count());
}
