#pragma once

#include "rows/connection.hpp"

#include <portrait/image_commands.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The tables of erasures and of forgotten persons. Functions that write must be called inside a transaction.
namespace portrait::sqlite {

/// A row of `erasure`.
struct ErasureRow {
    PersonId person_id;
    Erasure erasure;
    std::optional<std::uint64_t> sequence{}; ///< of the record that was erased
};

[[nodiscard]] result<std::string> read_epoch(Connection& connection);
[[nodiscard]] result<void> renew_epoch(Connection& connection);

/// The number of erasures of this epoch.
[[nodiscard]] result<std::int64_t> count_erasures(Connection& connection, const std::string& epoch);

[[nodiscard]] result<void> insert_erasure(Connection& connection, const ErasureRow& row);

/// By time; the last one comes last. Absent person: of all persons.
[[nodiscard]] result<std::vector<ErasureRow>> find_erasures(Connection& connection,
                                                            std::optional<PersonId> person_id);

/// `person_erased` when the person was erased after the export.
[[nodiscard]] result<void> check_not_erased_since(Connection& connection, PersonId person_id,
                                                  const ExportMoment& exported);

/// As `check_not_erased_since` for an import; `person_unknown` when the person was forgotten.
[[nodiscard]] result<void> check_not_erased(Connection& connection, PersonId person_id,
                                            const std::optional<ImportOrigin>& origin);

} // namespace portrait::sqlite
