#include <portrait/trusted_file.hpp>

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

namespace portrait {

result<void> check_trusted(Trusted kind, std::uint32_t owner, std::uint32_t mode) {
    if (owner != 0 && owner != ::geteuid())
        return Error{
            errc::file_invalid,
            fmt::format("It belongs to the user {}; the owner must be root or the user of this process, "
                        "{}",
                        owner, ::geteuid())};
    switch (kind) {
    case Trusted::secret:
        if ((mode & (S_IROTH | S_IWOTH)) != 0)
            return Error{errc::file_invalid,
                         "Every user of this machine can read or change it; remove that by chmod o-rwx, or "
                         "chmod 600 when no group needs it"};
        break;
    case Trusted::file:
        if ((mode & S_IWOTH) != 0)
            return Error{errc::file_invalid, "Every user of this machine can change it; remove that by chmod "
                                             "o-w, or chmod 600 when no group needs it"};
        break;
    case Trusted::folder:
        if ((mode & (S_IWGRP | S_IWOTH)) != 0)
            return Error{errc::file_invalid, "Other users can change the folder; remove that by chmod go-w"};
        break;
    }
    return {};
}

} // namespace portrait
