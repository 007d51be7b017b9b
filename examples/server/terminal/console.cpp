#include "terminal/console.hpp"

#include <portrait/printable.hpp>
#include <portrait/sqlite/folder_source.hpp>
#include <portrait/sqlite/open_folder.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <system_error>

namespace portrait_server {
namespace {

void print(std::FILE* stream, std::string_view text) {
    // Not fmt::print: it throws when the reader has closed its end.
    (void)std::fwrite(text.data(), 1, text.size(), stream);
    (void)std::fflush(stream);
}

int print_error(std::string_view sentence, int code) {
    print(stderr, fmt::format("portrait-server: {}\n", portrait::printable(sentence)));
    return code;
}

std::string cause_of(const portrait::Error& error) {
    return error.cause().empty() ? std::string{} : fmt::format(" ({})", error.cause());
}

} // namespace

int refuse(std::string_view sentence, int code) {
    return print_error(sentence, code);
}

int refuse(const Refusal& refusal) {
    return refuse(refusal.sentence, refusal.code);
}

int code_of(const portrait::Error& error) noexcept {
    using portrait::errc;
    constexpr std::array passing{errc::service_busy,     errc::store_full,    errc::store_in_use,
                                 errc::store_closed,     errc::listen_failed, errc::store_unreachable,
                                 errc::audit_unavailable};
    const auto* const found = std::find(passing.begin(), passing.end(), error.code());
    return found != passing.end() ? exit_code::later : exit_code::refused;
}

int fail(std::string_view sentence) {
    return print_error(sentence, exit_code::failure);
}

void note(std::string_view text) {
    print(stderr, text);
}

void say(std::string_view text) {
    print(stdout, text);
}

[[nodiscard]] Outcome<void> check_data_not_moved(const std::filesystem::path& data) {
    if (const auto checked = portrait::sqlite::check_not_moved(data); !checked)
        return Refusal{data_folder_refusal(data, checked.error())};
    return {};
}

[[nodiscard]] Outcome<void> make_data_folder(const std::filesystem::path& data) {
    std::error_code ignored;
    if (std::filesystem::is_directory(data, ignored))
        return check_data_not_moved(data);
    // As the store does, which syncs the folder's name, too.
    if (const auto made = portrait::sqlite::OpenFolder::open_or_make(data); !made)
        return Refusal{data_folder_refusal(data, made.error()), code_of(made.error())};
    return {};
}

std::string data_folder_refusal(const std::filesystem::path& data, const portrait::Error& error) {
    using portrait::errc;
    struct Case {
        errc code;
        const char* fault;
        const char* remedy;
    };
    constexpr std::array cases{
        Case{errc::store_folder_missing, "can't be created: its parent folder does not exist",
             "; create it or choose another by --data"},
        Case{errc::store_read_only, "can't be written",
             "; change its owner or mode, or choose another by --data"},
        Case{errc::store_in_use, "is in use by another portrait-server",
             "; stop that one first or choose another folder by --data"},
        Case{errc::store_not_a_database, "holds something that is not a portrait database",
             "; choose another by --data"},
        Case{errc::store_newer_schema, "was written by a newer portrait-server",
             "; start that version or choose another folder by --data"},
        Case{errc::store_moved, "is closed for good: its pictures were moved",
             "; use that store, or choose another folder by --data"},
        Case{errc::store_full, "can't be opened: the disk is full", ""}};
    for (const auto& [code, fault, remedy] : cases)
        if (error == code)
            return fmt::format("The data folder {} {}{}{}", data.string(), fault, cause_of(error), remedy);
    return fmt::format("The data folder {} can't be opened: {}", data.string(), plain_refusal(error));
}

std::string file_refusal(std::string_view kind, const std::filesystem::path& file,
                         const portrait::Error& error) {
    return fmt::format("The {} file {} can't be used: {}", kind, file.string(), plain_refusal(error));
}

std::string plain_refusal(const portrait::Error& error) {
    return error.message() + cause_of(error);
}

} // namespace portrait_server
