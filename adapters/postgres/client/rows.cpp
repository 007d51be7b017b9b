#include "client/rows.hpp"

#include <algorithm>
#include <charconv>

#include <libpq-fe.h>

namespace portrait::postgres {

Rows::Rows(pg_result* result)
    : result_{result, &PQclear} {}

int Rows::count() const noexcept {
    return PQntuples(result_.get());
}

std::int64_t Rows::changed() const noexcept {
    const std::string_view digits{PQcmdTuples(result_.get())};
    std::int64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

std::string_view Rows::tag() const noexcept {
    return PQcmdStatus(result_.get());
}

const std::string& Rows::epoch() const noexcept {
    static const std::string none;
    return epoch_ ? *epoch_ : none;
}

std::size_t Rows::memory() const noexcept {
    return PQresultMemorySize(result_.get());
}

bool Rows::is_null(int row, int column) const noexcept {
    return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view Rows::text(int row, int column) const noexcept {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::span<const std::byte> Rows::bytes(int row, int column) const noexcept {
    const auto value = text(row, column);
    return std::as_bytes(std::span{value.data(), value.size()});
}

std::uint64_t Rows::number(int row, int column, int size) const noexcept {
    std::uint64_t value = 0;
    for (const auto byte : bytes(row, column).first(static_cast<std::size_t>(size)))
        value = value << 8U | std::to_integer<std::uint64_t>(byte);
    return value;
}

std::int32_t Rows::int4(int row, int column) const noexcept {
    return static_cast<std::int32_t>(number(row, column, 4));
}

std::int64_t Rows::int8(int row, int column) const noexcept {
    return static_cast<std::int64_t>(number(row, column, 8));
}

bool Rows::boolean(int row, int column) const noexcept {
    return number(row, column, 1) != 0;
}

Uuid Rows::uuid(int row, int column) const noexcept {
    Uuid uuid;
    const auto value = bytes(row, column).first(uuid.bytes.size());
    std::copy(value.begin(), value.end(), uuid.bytes.begin());
    return uuid;
}

} // namespace portrait::postgres
