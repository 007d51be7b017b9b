#include "terminal/refusals.hpp"

#include <fmt/format.h>

namespace portrait_server {

namespace {

std::string cause_of(const portrait::Error& error) {
    return error.cause().empty() ? std::string{} : fmt::format(" ({})", error.cause());
}

} // namespace

std::string data_folder_refusal(const std::filesystem::path& data, const portrait::Error& error) {
    using portrait::errc;
    const auto folder = data.string();
    switch (error.code()) {
    case errc::store_folder_missing:
        return fmt::format(
            "the data folder {} can't be made since its parent folder does not exist; make that or "
            "choose another by --data",
            folder);
    case errc::store_read_only:
        return fmt::format(
            "the data folder {} can't be written{}; change its owner or mode, or choose another by "
            "--data",
            folder, cause_of(error));
    case errc::store_in_use:
        return fmt::format(
            "the data folder {} is in use by another portrait-server{}; stop that one first or choose "
            "another folder by --data",
            folder, cause_of(error));
    case errc::store_not_a_database:
        return fmt::format(
            "the data folder {} holds something that is not a portrait database{}; choose another by "
            "--data",
            folder, cause_of(error));
    case errc::store_newer_schema:
        return fmt::format(
            "the data folder {} was written by a newer portrait-server{}; start that version or choose "
            "another folder by --data",
            folder, cause_of(error));
    case errc::store_full:
        return fmt::format("the data folder {} can't be opened since the disk is full{}", folder,
                           cause_of(error));
    default:
        return fmt::format("the data folder {} can't be opened: {}{}", folder, error.message(),
                           cause_of(error));
    }
}

std::string users_file_refusal(const std::filesystem::path& file, const portrait::Error& error) {
    return fmt::format("the users file {} can't be used: {}{}", file.string(), error.message(),
                       cause_of(error));
}

std::string plain_refusal(const portrait::Error& error) {
    return error.message() + cause_of(error);
}

} // namespace portrait_server
