#pragma once

#include "client/connection.hpp"
#include "client/connector.hpp"

#include <portrait/postgres/callers.hpp>

#include <cstdint>
#include <functional>
#include <optional>

namespace portrait::postgres {

/// The numbers of the last changes that concern callers.
struct CallersChange {
    std::int64_t number = 0; ///< of all changes
    std::int64_t texts = 0;  ///< of those of the texts
};

[[nodiscard]] attempt<CallersChange> read_change(Connection& connection, Deadline deadline);

/// The texts after a change.
struct ReadTexts {
    CallersChange change;
    CallerTexts texts;
};

[[nodiscard]] attempt<ReadTexts> read_texts(Connection& connection, Deadline deadline);

/// Changes the texts in one transaction; see `PostgresCallers::edit`.
[[nodiscard]] result<void> edit_texts(Connector& connector,
                                      const std::function<result<void>(CallerTexts& texts)>& change,
                                      Deadline deadline);

} // namespace portrait::postgres
