#pragma once

#include <portrait/error.hpp>

#include <boost/system/result.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace portrait_server {

/// The exit codes of the process.
namespace exit_code {
inline constexpr int success = 0;
inline constexpr int failure = 1; ///< the work began and failed
inline constexpr int refused = 2; ///< the command can't be carried out; nothing was changed
inline constexpr int later = 75;  ///< as `refused`, for a reason that passes by itself (EX_TEMPFAIL)
} // namespace exit_code

/// The reason why the server refuses a file, an option or a command: one sentence for the operator.
struct Refusal {
    std::string sentence;
    int code = exit_code::refused;
};

/// A value, or the reason why there is none.
template<class Value>
using Outcome = boost::system::result<Value, Refusal>;

/// Prints `portrait-server: <sentence>` as one line on standard error, with control characters escaped.
/// Returns `code`.
int refuse(std::string_view sentence, int code = exit_code::refused);

/// Prints like `refuse`; returns the refusal's exit code.
int refuse(const Refusal& refusal);

/// `exit_code::later` for a reason that passes by itself, such as a full disk; otherwise
/// `exit_code::refused`.
int code_of(const portrait::Error& error) noexcept;

/// Prints like `refuse`; returns `exit_code::failure`.
int fail(std::string_view sentence);

/// Prints on standard error: text for people and not for scripts.
void note(std::string_view text);

/// Prints on standard output and flushes. A closed reader is no error.
void say(std::string_view text);

/// Refuses a data folder whose pictures were moved into another store.
[[nodiscard]] Outcome<void> check_data_not_moved(const std::filesystem::path& data);

/// Creates the data folder (0700) unless it exists; durable. Refuses one whose pictures were moved.
[[nodiscard]] Outcome<void> make_data_folder(const std::filesystem::path& data);

/// The store's error about the data folder `data`, and the remedy. Unlike a client's message the sentence has
/// the path and the cause.
std::string data_folder_refusal(const std::filesystem::path& data, const portrait::Error& error);

/// The error of a file, with its path and the cause; `kind` is such as `users`.
std::string file_refusal(std::string_view kind, const std::filesystem::path& file,
                         const portrait::Error& error);

/// The error's message and its cause.
std::string plain_refusal(const portrait::Error& error);

} // namespace portrait_server
