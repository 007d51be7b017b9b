#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>

#include <cstdint>

namespace portrait {

/// What users other than the owner must not be able to do with a file or folder.
enum class Trusted : std::uint8_t {
    secret, ///< users outside the group: neither read nor change it
    file,   ///< users outside the group: change it
    /// The group and all others: change it, since they could replace every file in it. The sticky bit doesn't
    /// help: it prevents neither new files nor new links.
    folder,
};

/// Checks by the owner and the mode of stat(2) that no other user decides the content of a file. The owner
/// must be the effective user of this process or root. Error: `file_invalid` with the remedy.
[[nodiscard]] PORTRAIT_EXPORT result<void> check_trusted(Trusted kind, std::uint32_t owner,
                                                         std::uint32_t mode);

} // namespace portrait
