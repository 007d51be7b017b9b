#pragma once

#include "options/options.hpp"

#include <portrait/error.hpp>

#include <string>

namespace portrait_server {

/// One sentence for the operator's terminal: what the store found in the data folder and what can be done.
/// Unlike what clients get it names the path and the cause.
std::string data_folder_refusal(const Settings& settings, const portrait::Error& error);

/// The same about a users file.
std::string users_file_refusal(const std::filesystem::path& file, const portrait::Error& error);

/// The same for anything else.
std::string plain_refusal(const portrait::Error& error);

} // namespace portrait_server
