#pragma once

#include "client/connection.hpp"

#include <portrait/error.hpp>

#include <chrono>
#include <utility>

namespace portrait::postgres {

/// The limit of one statement of a command. Counting the rows of a large store takes longest.
inline Deadline statement_deadline() {
    return Deadline::clock::now() + std::chrono::minutes{10};
}

/// Runs a statement of a command.
[[nodiscard]] inline result<Rows> run(Connection& connection, const Statement& statement,
                                      const Parameters& parameters = {}) {
    auto rows = connection.run(statement, parameters, statement_deadline());
    if (!rows)
        return error_of(rows.error());
    return *std::move(rows);
}

} // namespace portrait::postgres
