#include "password_hash.hpp"
#include "users_file.hpp"
#include "utf8.hpp"

#include <portrait/http/file_authenticator.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portrait::http {

namespace {

Error refused(std::string message) {
    return {errc::info_text_invalid, std::move(message)};
}

Error cannot_write(std::string_view call, const std::filesystem::path& path) {
    return Error{errc::store_io, "The users file can't be written"}.with_cause(
        fmt::format("{} {}: {}", call, path.string(), std::generic_category().message(errno)));
}

/// A file descriptor that is closed when its owner is gone, which gives its lock back.
class Descriptor {
public:
    explicit Descriptor(int number) noexcept
        : number_{number} {}
    ~Descriptor() {
        if (number_ >= 0)
            ::close(number_);
    }
    Descriptor(Descriptor&& other) noexcept
        : number_{std::exchange(other.number_, -1)} {}
    Descriptor& operator=(Descriptor&&) = delete;

    int number() const noexcept { return number_; }
    bool open() const noexcept { return number_ >= 0; }

private:
    int number_;
};

bool fits_a_column(std::string_view text) {
    return text.size() <= max_user_name_length && is_utf8(text) && !has_control_characters(text) &&
           text.find(':') == std::string_view::npos;
}

result<void> check(const UserEntry& user) {
    if (user.name.find_first_not_of(' ') == std::string::npos || user.name.front() == '#' ||
        !fits_a_column(user.name))
        return refused(fmt::format("The user's name has to have 1 to {} bytes of UTF-8, without colons and "
                                   "control characters, and can't begin with #",
                                   max_user_name_length));
    if (user.full_name && !fits_a_column(*user.full_name))
        return refused(fmt::format("The full name can have {} bytes of UTF-8, without colons and control "
                                   "characters",
                                   max_user_name_length));
    if (const auto fault = password_hash_fault(user.password_hash);
        !fault.empty() || user.password_hash.find_first_of(":\r\n") != std::string::npos)
        return refused(
            fmt::format("The password hash {}", fault.empty() ? "has a character too many" : fault));
    if (user.associate_id.value_or(0) < 0 || user.person_id.value_or(0) < 0)
        return refused("An associate id and a person id are numbers from 0 to 2147483647");
    return {};
}

/// Opens and locks the file, which is made when there is none. A rename that happened between opening and
/// locking means that the lock is on a file that is gone: once more.
result<Descriptor> open_locked(const std::filesystem::path& path) {
    for (;;) {
        Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)};
        if (!file.open())
            return cannot_write("open", path);
        while (::flock(file.number(), LOCK_EX) != 0)
            if (errno != EINTR)
                return cannot_write("flock", path);
        struct stat locked {};
        struct stat named {};
        if (::fstat(file.number(), &locked) != 0)
            return cannot_write("fstat", path);
        if (::stat(path.c_str(), &named) == 0 && named.st_ino == locked.st_ino &&
            named.st_dev == locked.st_dev)
            return file;
    }
}

result<void> write_all(const Descriptor& file, std::string_view text, const std::filesystem::path& path) {
    while (!text.empty()) {
        const auto written = ::write(file.number(), text.data(), text.size());
        if (written < 0 && errno != EINTR)
            return cannot_write("write", path);
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    if (::fsync(file.number()) != 0)
        return cannot_write("fsync", path);
    return {};
}

/// Puts a new file in the place of the locked one, with its owner and mode.
result<void> replace(const std::filesystem::path& path, const Descriptor& locked, std::string_view text) {
    auto temporary = path.string() + ".XXXXXX";
    const Descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)};
    if (!file.open())
        return cannot_write("mkostemp", temporary);
    const auto write = [&]() -> result<void> {
        struct stat before {};
        if (::fstat(locked.number(), &before) != 0)
            return cannot_write("fstat", path);
        // Only root can give a file away; for everybody else it is theirs already.
        const bool same_owner = ::fchown(file.number(), before.st_uid, before.st_gid) == 0;
        if (same_owner && ::fchmod(file.number(), before.st_mode & 0777U) != 0)
            return cannot_write("fchmod", temporary);
        if (auto done = write_all(file, text, temporary); !done)
            return done;
        if (::rename(temporary.c_str(), path.c_str()) != 0)
            return cannot_write("rename", path);
        return {};
    };
    if (auto done = write(); !done) {
        ::unlink(temporary.c_str());
        return done;
    }
    const auto folder = path.parent_path();
    const Descriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory.open() || ::fsync(directory.number()) != 0)
        return cannot_write("fsync", folder);
    return {};
}

/// What the user's line says from now on.
result<User> merged(const UserEntry& entry, const User* existing, const std::vector<User>& users) {
    User user = existing != nullptr ? *existing : User{};
    auto& actor = user.principal.actor;
    if (existing == nullptr) {
        user.principal.name = actor.name = actor.full_name = entry.name;
        for (const auto& other : users)
            actor.associate_id = std::max(actor.associate_id, other.principal.actor.associate_id);
        if (!entry.associate_id && actor.associate_id == std::numeric_limits<std::int32_t>::max())
            return refused("No associate id is left; the file has a user of 2147483647");
        actor.associate_id += entry.associate_id ? 0 : 1;
    }
    user.password_hash = entry.password_hash;
    actor.associate_id = entry.associate_id.value_or(actor.associate_id);
    actor.person_id = entry.person_id.value_or(actor.person_id);
    user.principal.may_write = entry.may_write.value_or(user.principal.may_write);
    if (entry.full_name)
        actor.full_name = entry.full_name->empty() ? entry.name : *entry.full_name;
    return user;
}

std::string line_of(const User& user) {
    const auto& [name, actor, may_write] = user.principal;
    return fmt::format("{}:{}:{}:{}:{}:{}\n", name, user.password_hash, actor.associate_id,
                       actor.full_name == name ? "" : actor.full_name, actor.person_id,
                       may_write ? "read,write" : "read");
}

/// The text with the line in the place of line `number`, or at its end when that is 0.
std::string with_line(std::string_view text, std::size_t number, const std::string& line) {
    std::string changed;
    changed.reserve(text.size() + line.size() + 1);
    for (std::size_t at = 1; !text.empty(); ++at) {
        const auto before = text;
        take_users_line(text);
        changed += at == number ? std::string_view{line} : before.substr(0, before.size() - text.size());
    }
    if (number == 0) {
        if (!changed.empty() && changed.back() != '\n')
            changed += '\n';
        changed += line;
    }
    return changed;
}

} // namespace

result<SavedUser> save_user(const std::filesystem::path& users_file, const UserEntry& entry) {
    if (auto checked = check(entry); !checked)
        return checked.error();
    const auto locked = open_locked(users_file);
    if (!locked)
        return locked.error();
    // A symbolic link stays one: the file it names is what changes.
    std::error_code error;
    const auto path = std::filesystem::canonical(users_file, error);
    if (error)
        return Error{errc::store_io, "The users file can't be found again"}.with_cause(error.message());

    const auto text = read_users_file(path);
    if (!text)
        return text.error();
    const auto users = parse_users(*text);
    if (!users)
        return users.error();
    const auto existing = std::find_if(users->begin(), users->end(),
                                       [&](const User& user) { return user.principal.name == entry.name; });
    const User* const found = existing == users->end() ? nullptr : &*existing;
    const auto user = merged(entry, found, *users);
    if (!user)
        return user.error();
    const auto changed = with_line(*text, found != nullptr ? found->line : 0, line_of(*user));
    if (auto checked = parse_users(changed); !checked)
        return checked.error();
    if (auto done = replace(path, *locked, changed); !done)
        return done.error();
    return SavedUser{found == nullptr, user->principal.actor.associate_id};
}

} // namespace portrait::http
