#pragma once

#include <portrait/error.hpp>

#include <boost/system/result.hpp>

#include <filesystem>
#include <string>

namespace portrait_server {

/// The reason why the server refuses a file, an option or a command: one sentence for the operator.
struct Refusal {
    std::string sentence;
};

/// A value, or the reason why there is none.
template<class Value>
using Outcome = boost::system::result<Value, Refusal>;

/// Creates the data folder (0700 by the umask) unless it exists.
[[nodiscard]] Outcome<void> make_data_folder(const std::filesystem::path& data);

/// The store's error about the data folder `data`, and the remedy. Unlike a client's message the sentence has
/// the path and the cause.
std::string data_folder_refusal(const std::filesystem::path& data, const portrait::Error& error);

/// The error of a users file, with its path and the cause.
std::string users_file_refusal(const std::filesystem::path& file, const portrait::Error& error);

/// The error's message and its cause.
std::string plain_refusal(const portrait::Error& error);

} // namespace portrait_server
