#pragma once

#include <portrait/audit_log.hpp>

#include <cstdint>
#include <string>

/// The lines of an `AuditFile`, with their line ends.
namespace portrait::audit_file {

[[nodiscard]] std::string prepared_line(const std::string& id, const AuditRecord& record);
[[nodiscard]] std::string outcome_line(const std::string& id, AuditOutcome outcome);
/// Of so many writes whose records couldn't be written.
[[nodiscard]] std::string refused_line(std::uint64_t writes);

} // namespace portrait::audit_file
