#include "terminal/refusals.hpp"

#include <fmt/format.h>

#include <system_error>

namespace portrait_server {

namespace {

std::string cause_of(const portrait::Error& error) {
    return error.cause().empty() ? std::string{} : fmt::format(" ({})", error.cause());
}

} // namespace

[[nodiscard]] Outcome<void> make_data_folder(const std::filesystem::path& data) {
    std::error_code failure;
    std::filesystem::create_directory(data, failure);
    if (failure)
        return Refusal{
            fmt::format("The data folder {} can't be created: {}", data.string(), failure.message())};
    return {};
}

std::string data_folder_refusal(const std::filesystem::path& data, const portrait::Error& error) {
    using portrait::errc;
    const auto folder = data.string();
    const auto cause = cause_of(error);
    switch (error.code()) {
    case errc::store_folder_missing:
        return fmt::format("The data folder {} can't be created: its parent folder does not exist; create it "
                           "or choose another by --data",
                           folder);
    case errc::store_read_only:
        return fmt::format("The data folder {} can't be written{}; change its owner or mode, or choose "
                           "another by --data",
                           folder, cause);
    case errc::store_in_use:
        return fmt::format(
            "The data folder {} is in use by another portrait-server{}; stop that one first or "
            "choose another folder by --data",
            folder, cause);
    case errc::store_not_a_database:
        return fmt::format("The data folder {} holds something that is not a portrait database{}; choose "
                           "another by --data",
                           folder, cause);
    case errc::store_newer_schema:
        return fmt::format("The data folder {} was written by a newer portrait-server{}; start that version "
                           "or choose another folder by --data",
                           folder, cause);
    case errc::store_full:
        return fmt::format("The data folder {} can't be opened: the disk is full{}", folder, cause);
    default: return fmt::format("The data folder {} can't be opened: {}{}", folder, error.message(), cause);
    }
}

std::string users_file_refusal(const std::filesystem::path& file, const portrait::Error& error) {
    return fmt::format("The users file {} can't be used: {}", file.string(), plain_refusal(error));
}

std::string plain_refusal(const portrait::Error& error) {
    return error.message() + cause_of(error);
}

} // namespace portrait_server
