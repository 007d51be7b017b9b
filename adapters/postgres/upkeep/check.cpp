#include "database/database.hpp"
#include "rows/blob_rows.hpp"

#include <portrait/postgres/image_store.hpp>
#include <portrait/postgres/person_directory.hpp>
#include <portrait/try.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <future>
#include <utility>

namespace portrait::postgres {
namespace {

constexpr std::int64_t blobs_at_a_time = 1000;
constexpr std::size_t reads_at_a_time = 8;
constexpr std::size_t max_damages = 1000;
constexpr std::chrono::seconds check_limit{5};
constexpr std::chrono::seconds epoch_limit{30};
constexpr std::chrono::hours statement_limit{1}; // each reads one table from its beginning to its end

constexpr Statement sum_sizes{"sum_sizes", "SELECT coalesce(sum(size), 0)::bigint FROM blob"};
constexpr Statement list_blobs{
    "list_blobs", "SELECT blob_id, coalesce(size, 0) FROM blob WHERE blob_id > $1 AND content_id IS "
                  "NOT NULL ORDER BY blob_id LIMIT $2"};
constexpr Statement persons_of_blob{
    "persons_of_blob", "SELECT person_id FROM person_slot WHERE blob_id = $1 ORDER BY person_id LIMIT 10"};
// One snapshot, so that a picture that is replaced meanwhile is no fault.
constexpr Statement contents_without_blob{
    "contents_without_blob",
    "SELECT c.content_id::text, octet_length(c.bytes)::bigint FROM content c WHERE NOT EXISTS "
    "(SELECT 1 FROM blob b WHERE b.content_id = c.content_id) ORDER BY 1"};

/// A check of all pictures and of the rows around them.
class StoreCheck {
public:
    StoreCheck(const PostgresImageStore& store, Database& database, const ProgressListener& listener)
        : store_{store}
        , database_{database}
        , listener_{listener} {}

    [[nodiscard]] result<CheckReport> run() {
        PORTRAIT_TRY_GET(connection, database_.connector().open(Deadline::clock::now() + check_limit));
        // Servers end transactions of the name portrait that take too long.
        if (const auto named = connection->run_text("SET application_name = 'portrait check'",
                                                    Deadline::clock::now() + check_limit);
            !named)
            return error_of(named.error());
        PORTRAIT_TRY_GET(sum, run_long(*connection, sum_sizes));
        total_ = static_cast<std::uint64_t>(sum.int8(0, 0));
        PORTRAIT_TRY(check_pictures());
        PORTRAIT_TRY(report("rows", 0, 0));
        PORTRAIT_TRY_GET(rest, run_long(*connection, contents_without_blob));
        for (int row = 0; row < rest.count(); ++row) {
            note({.blob_id = {},
                  .persons = {},
                  .what = fmt::format("The content {} of {} bytes belongs to no blob", rest.text(row, 0),
                                      rest.int8(row, 1))});
        }
        return std::move(report_);
    }

private:
    struct Read {
        BlobId blob_id;
        std::uint64_t size;
        std::future<result<StoredImage>> picture;
    };

    [[nodiscard]] static result<Rows> run_long(Connection& connection, const Statement& statement) {
        auto rows = connection.run(statement, {}, Deadline::clock::now() + statement_limit);
        if (!rows)
            return error_of(rows.error());
        return std::move(*rows);
    }

    [[nodiscard]] result<void> report(std::string_view step, std::uint64_t done, std::uint64_t total) const {
        if (listener_ && !listener_({.step = step, .done = done, .total = total}))
            return Error{errc::cancelled};
        return {};
    }

    /// Reads several pictures at a time. Those under way when it returns early complete later; their outcomes
    /// are dropped.
    [[nodiscard]] result<void> check_pictures() {
        std::deque<Read> reads;
        for (std::int32_t after = 0;;) {
            PORTRAIT_TRY_GET(rows, database_.rows().run(list_blobs, Parameters::of(after, blobs_at_a_time)));
            for (int row = 0; row < rows.count(); ++row) {
                PORTRAIT_TRY_GET(blob_id, blob_at(rows, row, 0));
                after = blob_id.value();
                reads.push_back(
                    {blob_id, static_cast<std::uint64_t>(rows.int8(row, 1)), begin_read(blob_id)});
                if (reads.size() == reads_at_a_time)
                    PORTRAIT_TRY(finish(reads));
            }
            if (rows.count() < blobs_at_a_time)
                break;
        }
        while (!reads.empty())
            PORTRAIT_TRY(finish(reads));
        return {};
    }

    std::future<result<StoredImage>> begin_read(BlobId blob_id) const {
        const auto promise = std::make_shared<std::promise<result<StoredImage>>>();
        auto picture = promise->get_future();
        store_.fetch(blob_id,
                     [promise](result<StoredImage> stored) { promise->set_value(std::move(stored)); });
        return picture;
    }

    [[nodiscard]] result<void> finish(std::deque<Read>& reads) {
        auto read = std::move(reads.front());
        reads.pop_front();
        const auto stored = read.picture.get();
        done_ += read.size;
        if (stored) {
            ++report_.pictures;
            report_.bytes += stored->info.size;
        } else if (stored.error() == errc::store_corrupt) {
            PORTRAIT_TRY_GET(persons,
                             database_.rows().run(persons_of_blob, Parameters::of(read.blob_id.value())));
            Damage damage{.blob_id = read.blob_id, .persons = {}, .what = stored.error().cause()};
            for (int row = 0; row < persons.count(); ++row) {
                PORTRAIT_TRY_GET(person_id, person_at(persons, row, 0));
                damage.persons.push_back(person_id);
            }
            note(std::move(damage));
        } else if (stored.error() != failure::not_found) { // removed meanwhile
            return stored.error();
        }
        return report("pictures", done_, total_);
    }

    void note(Damage damage) {
        ++report_.damage_count;
        if (report_.damages.size() < max_damages)
            report_.damages.push_back(std::move(damage));
    }

    const PostgresImageStore& store_;
    Database& database_;
    const ProgressListener& listener_;
    CheckReport report_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

} // namespace

result<CheckReport> PostgresImageStore::check(const ProgressListener& listener) const {
    return StoreCheck{*this, *database_, listener}.run();
}

result<std::string> PostgresImageStore::new_epoch() {
    return database_->connector().make_epoch(Deadline::clock::now() + epoch_limit);
}

result<ErasureCheck> PostgresImageStore::verify_erased(PersonId person_id) const {
    ErasureCheck check;
    PORTRAIT_TRY_GET(erasure, last_erasure(person_id));
    check.erasure = std::move(erasure);
    PORTRAIT_TRY_GET(named, persons()->contains(person_id));
    check.has_name = named;
    const auto picture = info(person_id);
    if (picture)
        check.found.push_back(fmt::format("The person has a picture, blob {}, saved or linked at {}",
                                          picture->blob_id.value(),
                                          utc_text(std::max(picture->updated_at, picture->linked_at))));
    else if (picture.error() != errc::image_none)
        return picture.error();
    return check;
}

} // namespace portrait::postgres
