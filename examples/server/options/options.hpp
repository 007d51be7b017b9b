#pragma once

#include "options/caller_options.hpp"
#include "options/limit_options.hpp"
#include "options/listen_address.hpp"
#include "options/transport_options.hpp"

#include <portrait/accounts/token_file.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

namespace portrait_server {

/// What the operator can choose, with the defaults.
struct Settings {
    ListenAddress listen{};
    std::filesystem::path data = "portrait-data";
    std::optional<std::filesystem::path> users;  ///< absent: `default_users_file` when that is there
    std::optional<std::filesystem::path> tokens; ///< absent: `default_tokens_file`
    bool demo = false;
    bool allow_any_person = false;
    bool strict_superoffice = false;
    bool convert_dates = false;
    bool scrub_metadata = false;

    CallerSettings callers;
    LimitSettings limits;
    TransportSettings transport;

    std::uint64_t max_body = 10ULL << 20;                      ///< bytes of a picture
    std::uint64_t max_pixels = 100'000'000;                    ///< of a picture
    std::uint64_t bodies_in_flight = 256ULL << 20;             ///< bytes of all requests' bodies at a time
    std::optional<std::uint64_t> bodies_in_flight_per_client;  ///< absent: by the listening address
    std::uint64_t answers_in_flight = 256ULL << 20;            ///< bytes of memory of all answers at a time
    std::optional<std::uint64_t> answers_in_flight_per_client; ///< absent: by the listening address
    std::uint64_t cache_bytes = 64ULL << 20;
    std::size_t render_threads = 0;            ///< that scale and convert pictures; 0: one a core
    std::uint64_t render_bytes = 256ULL << 20; ///< of decoded pixels at a time
    std::size_t threads = 0;                   ///< that serve sockets; 0: one a core
    std::size_t store_threads = 8;

    std::optional<ListenAddress> operations; ///< of health and figures; absent: beside all else
    bool no_metrics = false;

    std::optional<std::filesystem::path> audit_log;
    bool audit_sync = false;

    std::string log_level = "info";
    bool log_json = false;
};

struct Serve {};

/// `config check`
struct CheckConfig {};

/// `persons import FILE.csv`
struct ImportPersons {
    std::filesystem::path file;
};

/// `persons add ID NAME`
struct AddPerson {
    std::string id;
    std::string name;
};

/// `users add NAME`
struct AddUser {
    std::string name;
    std::optional<std::string> full_name;
    std::optional<std::int32_t> associate_id;
    std::optional<bool> may_write; ///< absent: as it was, and for a new user yes
};

/// `tokens add NAME`
struct AddToken {
    portrait::http::TokenEntry entry;
};

/// `tokens list`
struct ListTokens {};

/// `tokens revoke ID`
struct RevokeToken {
    std::string id;
};

/// `check`
struct CheckFolder {};

/// `backup DIR`
struct BackUp {
    std::filesystem::path folder;
};

/// `restore BACKUP`
struct RestoreBackup {
    std::filesystem::path folder;
};

/// `export DIR`
struct ExportPictures {
    std::filesystem::path folder;
};

/// `import DIR`
struct ImportPictures {
    std::filesystem::path folder;
};

struct CommandLine {
    Settings settings;
    std::variant<Serve, CheckConfig, ImportPersons, AddPerson, AddUser, AddToken, ListTokens, RevokeToken,
                 CheckFolder, BackUp, RestoreBackup, ExportPictures, ImportPictures>
        command;
};

/// What the arguments and the environment's PORTRAIT_… variables ask for, or the code to exit with when the
/// answer has been printed already: `--help`, `--version`, a misuse.
std::variant<CommandLine, int> parse_command_line(int argc, const char* const* argv);

/// The users file when `--users` names none: `users.htpasswd` in the data folder.
std::filesystem::path default_users_file(const Settings& settings);
/// The token file when `--tokens` names none: `tokens` in the data folder.
std::filesystem::path default_tokens_file(const Settings& settings);

} // namespace portrait_server
