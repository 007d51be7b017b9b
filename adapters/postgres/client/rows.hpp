#pragma once

#include "client/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct pg_result;

namespace portrait::postgres {

/// The rows of a statement in PostgreSQL's binary format. Copies share them. Row and column have to exist,
/// and a column's type has to be the one of the call.
class Rows {
public:
    Rows() = default;
    /// Takes over libpq's result.
    explicit Rows(pg_result* result);

    int count() const noexcept;
    bool empty() const noexcept { return count() == 0; }
    /// The number of rows that the statement has changed.
    std::int64_t changed() const noexcept;
    /// The command's tag, such as `COMMIT`.
    std::string_view tag() const noexcept;

    bool is_null(int row, int column) const noexcept;
    std::int32_t int4(int row, int column) const noexcept;
    std::int64_t int8(int row, int column) const noexcept;
    bool boolean(int row, int column) const noexcept;
    /// A view that lives as long as the rows.
    std::string_view text(int row, int column) const noexcept;
    std::string string(int row, int column) const { return std::string{text(row, column)}; }
    std::span<const std::byte> bytes(int row, int column) const noexcept;
    Uuid uuid(int row, int column) const noexcept;

    /// Of the store in the transaction that has read them; empty unless a `ReadLoop` gave them.
    const std::string& epoch() const noexcept;
    void set_epoch(std::shared_ptr<const std::string> epoch) noexcept { epoch_ = std::move(epoch); }

    /// Bytes that they take.
    std::size_t memory() const noexcept;
    /// Keeps the rows alive.
    std::shared_ptr<const void> owner() const noexcept { return result_; }

private:
    std::uint64_t number(int row, int column, int size) const noexcept;

    std::shared_ptr<pg_result> result_;
    std::shared_ptr<const std::string> epoch_;
};

} // namespace portrait::postgres
