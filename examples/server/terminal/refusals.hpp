#pragma once

#include <portrait/error.hpp>

#include <filesystem>
#include <string>

namespace portrait_server {

/// One sentence for the operator's terminal: the fault that the store found in the data folder `data`, and
/// the remedy. Unlike a client's message it names the path and the cause.
std::string data_folder_refusal(const std::filesystem::path& data, const portrait::Error& error);

/// One sentence about a users file that can't be used, with the path and the cause.
std::string users_file_refusal(const std::filesystem::path& file, const portrait::Error& error);

/// The error's message and its cause.
std::string plain_refusal(const portrait::Error& error);

} // namespace portrait_server
