#include <portrait/store_transfer.hpp>

#include <portrait/injection_point.hpp>
#include <portrait/try.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace portrait {
namespace {

constexpr std::size_t blobs_at_a_time = 1000;
constexpr std::size_t rows_at_a_time = 10'000;
/// Pictures that one transaction of the target gets, unless one alone is larger.
constexpr std::uint64_t max_batch_bytes = std::uint64_t{8} << 20U;
constexpr std::size_t max_named_damages = 1000;

std::int32_t id_of(const ImageInfo& blob) {
    return blob.blob_id.value();
}
std::int32_t id_of(PersonId person_id) {
    return person_id.value();
}
template<class Row>
std::int32_t id_of(const Row& row) {
    return row.person_id.value();
}

/// Reads the rows of one table page by page.
template<class Row>
class Pages {
public:
    using Read = result<std::vector<Row>> (StoreRows::*)(std::int32_t, std::size_t);

    Pages(StoreRows& rows, Read read, std::size_t limit)
        : rows_{rows}
        , read_{read}
        , limit_{limit} {}

    /// The next page; empty: there is none.
    [[nodiscard]] result<std::vector<Row>> next() {
        if (ended_)
            return std::vector<Row>{};
        PORTRAIT_TRY_GET(page, (rows_.*read_)(after_, limit_));
        ended_ = page.size() < limit_;
        if (!page.empty())
            after_ = id_of(page.back());
        return std::move(page);
    }

private:
    StoreRows& rows_;
    const Read read_;
    const std::size_t limit_;
    std::int32_t after_ = 0;
    bool ended_ = false;
};

/// The blobs that earlier tries have copied.
class Earlier {
public:
    Earlier(StoreRows& target, bool may_exist)
        : pages_{target, &StoreRows::blobs, blobs_at_a_time}
        , ended_{!may_exist} {}

    /// Goes past this blob. Returns whether there is the same one; others up to it are added to `unwanted`.
    [[nodiscard]] result<bool> skip_to(const ImageInfo& blob, std::vector<BlobId>& unwanted) {
        for (;;) {
            PORTRAIT_TRY_GET(present, peek());
            if (present == nullptr || present->blob_id > blob.blob_id)
                return false;
            ++next_;
            if (*present == blob)
                return true;
            unwanted.push_back(present->blob_id);
        }
    }

    /// Adds all that are left.
    [[nodiscard]] result<void> skip_all(std::vector<BlobId>& unwanted) {
        for (;; ++next_) {
            PORTRAIT_TRY_GET(present, peek());
            if (present == nullptr)
                return {};
            unwanted.push_back(present->blob_id);
        }
    }

private:
    [[nodiscard]] result<const ImageInfo*> peek() {
        if (!ended_ && next_ == page_.size()) {
            PORTRAIT_TRY_GET(page, pages_.next());
            page_ = std::move(page);
            next_ = 0;
            ended_ = page_.empty();
        }
        return next_ < page_.size() ? &page_[next_] : nullptr;
    }

    Pages<ImageInfo> pages_;
    std::vector<ImageInfo> page_;
    std::size_t next_ = 0;
    bool ended_;
};

class Transfer {
public:
    Transfer(StoreSource& source, StoreTarget& target, const TransferListener& listener)
        : source_{source}
        , target_{target}
        , listener_{listener} {}

    [[nodiscard]] result<TransferReport> run(const TransferredAccounts& accounts) {
        PORTRAIT_TRY_GET(counters, source_.counters());
        PORTRAIT_TRY_GET(totals, source_.totals());
        report_.totals = totals;
        PORTRAIT_TRY_GET(continued, target_.begin(counters));
        begin_step("copy");
        PORTRAIT_TRY(copy_blobs(continued));
        if (!report_.ok())
            return std::move(report_);
        PORTRAIT_TRY(copy_persons());
        PORTRAIT_TRY(target_.set_accounts(accounts));
        injection_point("transfer/copied");
        begin_step("verify");
        PORTRAIT_TRY(verify());
        PORTRAIT_TRY(target_.approve());
        injection_point("transfer/approved");
        PORTRAIT_TRY(source_.seal(target_.place()));
        injection_point("transfer/sealed");
        PORTRAIT_TRY(target_.finish(counters.epoch));
        return std::move(report_);
    }

private:
    void begin_step(std::string_view step) {
        const auto& totals = report_.totals;
        const auto rows = totals.blobs + totals.slots + totals.persons + totals.erasures + totals.forgotten;
        progress_ = {.step = step, .total = totals.bytes + rows * TransferProgress::bytes_of_row};
    }

    [[nodiscard]] result<void> advance(std::uint64_t rows, std::uint64_t bytes = 0) {
        progress_.done += rows * TransferProgress::bytes_of_row + bytes;
        if (listener_ && !listener_(progress_))
            return Error{errc::cancelled};
        return {};
    }

    /// Blobs that an earlier try has copied, and that are the same still, are left as they are.
    [[nodiscard]] result<void> copy_blobs(bool continued) {
        Earlier earlier{target_, continued};
        Pages<ImageInfo> blobs{source_, &StoreRows::blobs, blobs_at_a_time};
        for (;;) {
            PORTRAIT_TRY_GET(page, blobs.next());
            if (page.empty())
                break;
            for (const auto& blob : page) {
                PORTRAIT_TRY_GET(same, earlier.skip_to(blob, deleted_));
                if (same)
                    PORTRAIT_TRY(advance(1, blob.size));
                else
                    PORTRAIT_TRY(copy_blob(blob));
            }
        }
        PORTRAIT_TRY(earlier.skip_all(deleted_));
        return write_batch();
    }

    [[nodiscard]] result<void> copy_blob(const ImageInfo& blob) {
        TransferredBlob added{.info = blob};
        if (blob.format) {
            auto bytes = source_.bytes(blob);
            if (!bytes && bytes.error() != errc::store_corrupt && bytes.error() != errc::store_io)
                return bytes.error();
            if (!bytes) {
                note_damage(blob.blob_id, bytes.error());
                return advance(1, blob.size);
            }
            added.bytes = *std::move(bytes);
        }
        if (batch_bytes_ != 0 && batch_bytes_ + blob.size > max_batch_bytes)
            PORTRAIT_TRY(write_batch());
        batch_bytes_ += blob.size;
        batch_.push_back(std::move(added));
        return batch_.size() < rows_at_a_time ? result<void>{} : write_batch();
    }

    void note_damage(BlobId blob_id, const Error& error) {
        if (report_.damages.size() < max_named_damages)
            report_.damages.push_back({blob_id, error.cause().empty() ? error.message() : error.cause()});
        ++report_.damage_count;
    }

    [[nodiscard]] result<void> write_batch() {
        if (batch_.empty() && deleted_.empty())
            return {};
        PORTRAIT_TRY(target_.replace_blobs(deleted_, batch_));
        injection_point("transfer/batch_written");
        for (const auto& blob : batch_)
            report_.copied_pictures += blob.info.format ? 1 : 0;
        report_.copied_bytes += batch_bytes_;
        const auto rows = batch_.size();
        const auto bytes = std::exchange(batch_bytes_, 0);
        batch_.clear();
        deleted_.clear();
        return advance(rows, bytes);
    }

    template<class Row, class Add>
    [[nodiscard]] result<void> copy_rows(typename Pages<Row>::Read read, const Add& add) {
        Pages<Row> pages{source_, read, rows_at_a_time};
        for (;;) {
            PORTRAIT_TRY_GET(page, pages.next());
            if (page.empty())
                return {};
            PORTRAIT_TRY(add(page));
            PORTRAIT_TRY(advance(page.size()));
        }
    }

    [[nodiscard]] result<void> copy_persons() {
        const auto add = [this](const auto& rows) { return target_.add(std::span{rows}); };
        PORTRAIT_TRY(copy_rows<TransferredSlot>(&StoreRows::slots, add));
        PORTRAIT_TRY(copy_rows<TransferredPerson>(&StoreRows::persons, add));
        PORTRAIT_TRY(copy_rows<TransferredErasure>(&StoreRows::erasures, add));
        return copy_rows<PersonId>(&StoreRows::forgotten,
                                   [this](const auto& rows) { return target_.add_forgotten(rows); });
    }

    static Error differs(std::string_view what, std::int32_t id) {
        return Error{errc::store_corrupt, "The copy differs from the data folder; run the command again"}
            .with_cause(fmt::format("{} {}", what, id));
    }

    /// Compares a table of both sides row by row; `check` gets each page that is equal.
    template<class Row, class Check>
    [[nodiscard]] result<void> compare(std::string_view what, typename Pages<Row>::Read read,
                                       std::size_t limit, const Check& check) {
        Pages<Row> sources{source_, read, limit};
        Pages<Row> targets{target_, read, limit};
        for (;;) {
            PORTRAIT_TRY_GET(wanted, sources.next());
            PORTRAIT_TRY_GET(found, targets.next());
            const auto [one, other] = std::mismatch(wanted.begin(), wanted.end(), found.begin(), found.end());
            if (one != wanted.end() || other != found.end())
                return differs(what, id_of(one != wanted.end() ? *one : *other));
            if (wanted.empty())
                return {};
            PORTRAIT_TRY(check(wanted));
        }
    }

    [[nodiscard]] result<void> verify() {
        PORTRAIT_TRY(compare<ImageInfo>("blob", &StoreRows::blobs, blobs_at_a_time,
                                        [this](const auto& page) { return verify_bytes(page); }));
        const auto advance_by = [this](const auto& page) { return advance(page.size()); };
        PORTRAIT_TRY(
            compare<TransferredSlot>("the link of person", &StoreRows::slots, rows_at_a_time, advance_by));
        PORTRAIT_TRY(compare<TransferredPerson>("person", &StoreRows::persons, rows_at_a_time, advance_by));
        PORTRAIT_TRY(compare<TransferredErasure>("the erasure of person", &StoreRows::erasures,
                                                 rows_at_a_time, advance_by));
        PORTRAIT_TRY(
            compare<PersonId>("the forgotten person", &StoreRows::forgotten, rows_at_a_time, advance_by));
        PORTRAIT_TRY_GET(totals, target_.totals());
        if (totals != report_.totals)
            return Error{errc::store_corrupt, "The copy has other counts than the data folder; run the "
                                              "command again"};
        return {};
    }

    [[nodiscard]] result<void> verify_bytes(std::span<const ImageInfo> page) {
        while (!page.empty()) {
            std::uint64_t bytes = 0;
            std::size_t count = 0;
            while (count < page.size() && (count == 0 || bytes + page[count].size <= max_batch_bytes))
                bytes += page[count++].size;
            PORTRAIT_TRY_GET(damaged, target_.damaged(page.first(count)));
            if (!damaged.empty())
                return Error{errc::store_corrupt, "The database returns other bytes than were written"}
                    .with_cause(fmt::format("blob {}", damaged.front().value()));
            PORTRAIT_TRY(advance(count, bytes));
            page = page.subspan(count);
        }
        return {};
    }

    StoreSource& source_;
    StoreTarget& target_;
    const TransferListener& listener_;
    TransferReport report_;
    TransferProgress progress_;
    std::vector<BlobId> deleted_; ///< of the next batch
    std::vector<TransferredBlob> batch_;
    std::uint64_t batch_bytes_ = 0;
};

} // namespace

result<TransferReport> transfer_store(StoreSource& source, StoreTarget& target,
                                      const TransferredAccounts& accounts, const TransferListener& listener) {
    return Transfer{source, target, listener}.run(accounts);
}

} // namespace portrait
