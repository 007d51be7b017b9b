#pragma once

#include <portrait/error.hpp>

#include <string>
#include <string_view>

namespace portrait::postgres {

/// Why a statement or a connection failed.
struct Failure {
    std::string state;   ///< PostgreSQL's SQLSTATE; empty: the connection is lost
    std::string message; ///< for the log

    bool is_lost() const noexcept { return state.empty(); }
    bool is_one_of(std::initializer_list<std::string_view> states) const noexcept;
    bool is_of_class(std::string_view letters) const noexcept { return state.starts_with(letters); }
};

/// The SQLSTATE of a connection that an operator has ended.
inline constexpr const char* connection_was_ended = "57P01";

/// The failure as a store's error, with the message as its cause.
Error error_of(const Failure& failure);

/// Whether a transaction that failed so can succeed when it is repeated.
bool is_worth_a_retry(const Failure& failure) noexcept;

/// Whether a prepared statement doesn't fit the tables any more: it works on another connection.
bool is_outdated(const Failure& failure) noexcept;

/// A value or a `Failure`.
template<class T>
using attempt = boost::system::result<T, Failure>;

[[noreturn]] void throw_exception_from_error(const Failure& failure, const boost::source_location& where);

} // namespace portrait::postgres
