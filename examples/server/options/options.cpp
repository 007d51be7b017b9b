#include "options/options.hpp"

#include "options/caller_options.hpp"
#include "options/expiry.hpp"
#include "terminal/console.hpp"

#include <portrait/version.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <limits>
#include <map>
#include <string>

namespace portrait_server {

namespace {

constexpr std::uint64_t largest_body = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t largest_size = std::uint64_t{1} << 50;
constexpr std::size_t most_threads = 1024;

constexpr const char* footer =
    R"(Every option can be given by the environment variable that stands beside it. Sizes take the suffixes KiB, MiB, GiB.

Examples:
  portrait-server --demo
      try it out: persons 1 to 1000, user tje0 with password Tje0, data in ./portrait-data
  portrait-server users add anna --data /var/lib/portrait
      make a user; the password is asked for
  portrait-server tokens add crm-sync --scheme bearer --expires 90d --data /var/lib/portrait
      make an access token; it is printed once
  portrait-server persons import persons.csv --data /var/lib/portrait
      say who exists, by lines of id,name
  portrait-server --data /var/lib/portrait --listen 0.0.0.0:8080 --max-body 20MiB
      serve on every address
  portrait-server --data /var/lib/portrait --listen 0.0.0.0:8443 --tls-cert portrait.pem --tls-key portrait.key
      the same over TLS; SIGHUP takes a renewed certificate
  portrait-server backup /mnt/backup/portrait --data /var/lib/portrait
      back up while the server runs; again into the same folder copies what is new
  portrait-server restore /mnt/backup/portrait --data /var/lib/portrait-new
      make a data folder of it

Ends with 0 after SIGTERM or SIGINT, once the requests in flight are answered; a second signal ends it at once.
2 means that it was asked for something that it can't do: one line on standard error says what.)";

std::string listen_fault(const std::string& text) {
    return parse_listen_address(text)
               ? std::string{}
               : "'" + text +
                     "' is not an address and a port, such as 127.0.0.1:8080, [::1]:8080, "
                     "localhost:8080 or 0.0.0.0:8080";
}

/// Turns `10MiB` into bytes.
std::string read_size(std::string& text) {
    const auto given = text;
    try {
        if (const auto fault = CLI::AsSizeValue{false}(text); fault.empty())
            return {};
    } catch (const CLI::ValidationError&) {
        text = given; // an unknown unit, or a size beyond 64 bits
    }
    return fmt::format("'{}' is not a number of bytes, such as 1048576, 512KiB, 10MiB or 1GiB", given);
}

/// The range in the message of a fault and not in the option's line of `--help`.
template<class Number>
CLI::Validator between(Number least, Number most) {
    return CLI::Range{least, most}.description("");
}

/// `Size` is a number, or an optional one that stays absent unless the option is given.
template<class Size>
CLI::Option* add_size(CLI::App& app, const char* name, Size& value, const char* description,
                      std::uint64_t most, std::uint64_t least = 1) {
    return app.add_option(name, value, description)
        ->transform(CLI::Validator{read_size, {}})
        ->check(between(least, most))
        ->type_name("BYTES");
}

void add_places(CLI::App& app, Settings& settings, std::string& listen) {
    app.add_option("--listen", listen, "Where to listen; port 0 takes a free one, which the banner tells")
        ->check(CLI::Validator{listen_fault, {}})
        ->type_name("ADDR:PORT")
        ->default_str("127.0.0.1:8080")
        ->envname("PORTRAIT_LISTEN");
    app.add_option("--data", settings.data, "The data folder; made when it is missing")
        ->type_name("DIR")
        ->default_str("portrait-data")
        ->envname("PORTRAIT_DATA");
    app.add_option("--users", settings.users,
                   "The users file (default: users.htpasswd in the data folder); one that everybody on the "
                   "machine can read is refused; changes count within seconds, or at once by SIGHUP")
        ->type_name("FILE")
        ->envname("PORTRAIT_USERS");
    app.add_option("--tokens", settings.tokens, "The token file (default: tokens in the data folder)")
        ->type_name("FILE")
        ->envname("PORTRAIT_TOKENS");
    app.add_flag("--demo", settings.demo,
                 "Persons 1 to 1000 and the user tje0 with password Tje0, for trying it out")
        ->envname("PORTRAIT_DEMO");
}

void add_rules(CLI::App& app, Settings& settings) {
    add_size(app, "--max-body", settings.max_body, "The largest picture", largest_body)
        ->default_str("10MiB")
        ->envname("PORTRAIT_MAX_BODY");
    app.add_option("--max-pixels", settings.max_pixels, "The most pixels of a picture, width times height")
        ->check(between(std::uint64_t{1}, largest_size))
        ->type_name("N")
        ->default_str("100000000")
        ->envname("PORTRAIT_MAX_PIXELS");
    app.add_flag("--allow-any-person", settings.allow_any_person,
                 "Take every valid person id instead of asking the table of persons")
        ->envname("PORTRAIT_ALLOW_ANY_PERSON");
    app.add_flag("--strict-superoffice", settings.strict_superoffice,
                 "Refuse uploads by 400 alone (but for 401, 403, 412 and 429), as SuperOffice documents it")
        ->envname("PORTRAIT_STRICT_SUPEROFFICE");
    app.add_flag("--convert-dates", settings.convert_dates,
                 "Convert created and updated dates to the zone that SO-TimeZone names; UTC otherwise")
        ->envname("PORTRAIT_CONVERT_DATES");
    app.add_flag("--scrub-metadata", settings.scrub_metadata,
                 "Store JPEG, PNG and GIF without EXIF, GPS, XMP, IPTC, comments and thumbnails; pixels, "
                 "orientation and colour profile stay; TIFF is stored as received")
        ->envname("PORTRAIT_SCRUB_METADATA");
}

void add_resources(CLI::App& app, Settings& settings) {
    app.add_option("--threads", settings.threads, "Threads that serve sockets (default: one a core)")
        ->check(between(std::size_t{1}, most_threads))
        ->type_name("N")
        ->envname("PORTRAIT_THREADS");
    app.add_option("--store-threads", settings.store_threads,
                   "Threads that read from the store; as many more write")
        ->check(between(std::size_t{1}, most_threads))
        ->type_name("N")
        ->default_str("8")
        ->envname("PORTRAIT_STORE_THREADS");
    add_size(app, "--cache-bytes", settings.cache_bytes,
             "Memory for hot pictures and renditions; 0 keeps none", largest_size, 0)
        ->default_str("64MiB")
        ->envname("PORTRAIT_CACHE_BYTES");
    app.add_option("--render-threads", settings.render_threads,
                   "Threads that scale and convert pictures (default: one a core)")
        ->check(between(std::size_t{1}, most_threads))
        ->type_name("N")
        ->envname("PORTRAIT_RENDER_THREADS");
    add_size(app, "--render-bytes", settings.render_bytes,
             "Memory for pixels that are being decoded; a picture that needs more is not scaled",
             largest_size)
        ->default_str("256MiB")
        ->envname("PORTRAIT_RENDER_BYTES");
    add_size(app, "--bodies-in-flight", settings.bodies_in_flight,
             "Memory for uploads on their way; what comes beyond it is told to come again later",
             largest_size)
        ->default_str("256MiB")
        ->envname("PORTRAIT_BODIES_IN_FLIGHT");
    add_size(app, "--bodies-in-flight-per-client", settings.bodies_in_flight_per_client,
             "The part of it that one address may take (default: an eighth, on loopback all of it); raise it "
             "behind a proxy",
             largest_size)
        ->envname("PORTRAIT_BODIES_IN_FLIGHT_PER_CLIENT");
    add_size(app, "--answers-in-flight", settings.answers_in_flight,
             "Memory for answers that are being sent; a read beyond it is answered 503", largest_size)
        ->default_str("256MiB")
        ->envname("PORTRAIT_ANSWERS_IN_FLIGHT");
    add_size(app, "--answers-in-flight-per-client", settings.answers_in_flight_per_client,
             "The part of it that one address may take (default: an eighth, on loopback all of it); raise it "
             "behind a proxy",
             largest_size)
        ->envname("PORTRAIT_ANSWERS_IN_FLIGHT_PER_CLIENT");
}

void add_log(CLI::App& app, Settings& settings, std::string& operations) {
    app.add_option("--operations-listen", operations,
                   "Where /metrics, /healthz and /readyz are answered, and nothing else; /metrics then no "
                   "longer on the other address (default: all on one). They ask nobody who calls")
        ->check(CLI::Validator{listen_fault, {}})
        ->type_name("ADDR:PORT")
        ->envname("PORTRAIT_OPERATIONS_LISTEN");
    app.add_option(
           "--audit-log", settings.audit_log,
           "A file that gets a line of JSON for each write: who, when, whose picture, what it was and "
           "is. SIGHUP opens it anew")
        ->type_name("FILE")
        ->envname("PORTRAIT_AUDIT_LOG");
    app.add_flag("--audit-sync", settings.audit_sync,
                 "Answer a write only after its line in the audit log is on the disk")
        ->envname("PORTRAIT_AUDIT_SYNC");
    app.add_flag("--no-metrics", settings.no_metrics, "Have no /metrics")->envname("PORTRAIT_NO_METRICS");
    app.add_option("--log-level", settings.log_level,
                   "The least that is logged: debug, info, warning, error or off")
        ->check(CLI::IsMember{{"debug", "info", "warning", "error", "off", "warn"}}.description(""))
        ->type_name("LEVEL")
        ->default_str("info")
        ->envname("PORTRAIT_LOG_LEVEL");
    app.add_flag("--log-json", settings.log_json, "Log lines of JSON")->envname("PORTRAIT_LOG_JSON");
}

CLI::App* add_group(CLI::App& app, const char* name, const char* description) {
    auto* group = app.add_subcommand(name, description);
    // --data and --users may stand behind the subcommand, too.
    group->fallthrough()->require_subcommand(1);
    return group;
}

void add_config(CLI::App& app, CommandLine& line) {
    app.set_config("--config", "",
                   "A file of options by their long names, such as listen = \"0.0.0.0:8080\" or demo = true; "
                   "the command line counts before it, and it before the environment")
        ->type_name("FILE")
        ->envname("PORTRAIT_CONFIG");
    app.allow_config_extras(CLI::config_extras_mode::error);
    auto* config = add_group(app, "config", "Look at the options");
    auto* check =
        config->add_subcommand("check", "Say whether a server could start by these options; changes nothing");
    check->fallthrough();
    check->callback([&] { line.command = CheckConfig{}; });
}

void add_person_commands(CLI::App& app, CommandLine& line, ImportPersons& import, AddPerson& person) {
    auto* persons = add_group(app, "persons", "Say who exists");
    auto* import_command =
        persons->add_subcommand("import", "Add all persons of a CSV file, or none when it has a fault");
    import_command->fallthrough();
    import_command->add_option("file", import.file, "Lines of id,name; a header line may come first")
        ->type_name("FILE.csv")
        ->required();
    import_command->callback([&] { line.command = import; });
    auto* add = persons->add_subcommand("add", "Add a person, or give one a new name");
    add->fallthrough();
    add->add_option("id", person.id, "The person's id, from 1 to 2147483647")->type_name("ID")->required();
    add->add_option("name", person.name, "The person's name")->type_name("NAME")->required();
    add->callback([&] { line.command = person; });
}

void add_user_commands(CLI::App& app, CommandLine& line, AddUser& user) {
    auto* users = add_group(app, "users", "Say who may call");
    auto* add = users->add_subcommand(
        "add",
        "Add a user, or give one a new password: asked for on the terminal, or one line of standard input");
    add->fallthrough();
    add->add_option("name", user.name, "The name to sign in with")->type_name("NAME")->required();
    add->add_option("--full-name", user.full_name, "What CreatedBy and UpdatedBy call the user")
        ->type_name("TEXT");
    add->add_option("--associate-id", user.associate_id,
                    "The associate's id (default: one more than the largest)")
        ->check(between(std::int32_t{0}, std::numeric_limits<std::int32_t>::max()))
        ->type_name("N");
    auto* read_only = add->add_flag_callback(
        "--read-only", [&] { user.may_write = false; }, "The user may look at pictures and not change any");
    add->add_flag_callback(
           "--read-write", [&] { user.may_write = true; }, "The user may change pictures, too; new users may")
        ->excludes(read_only);
    add->callback([&] { line.command = user; });
}

void add_token_commands(CLI::App& app, CommandLine& line, AddToken& token, RevokeToken& revoked) {
    using portrait::http::TokenScheme;
    auto* tokens = add_group(app, "tokens", "Say which programs may call");
    auto* add = tokens->add_subcommand("add", "Make a token for a user or a program; it is printed once");
    add->fallthrough();
    auto& entry = token.entry;
    add->add_option("name", entry.name, "Who calls by it")->type_name("NAME")->required();
    add->add_option("--scheme", entry.scheme, "bearer (default) or ticket: how the token is shown")
        ->transform(
            CLI::CheckedTransformer{std::map<std::string, TokenScheme>{{"bearer", TokenScheme::bearer},
                                                                       {"ticket", TokenScheme::so_ticket}},
                                    CLI::ignore_case}
                .description(""))
        ->type_name("SCHEME");
    add->add_option_function<std::string>(
           "--expires", [&](const std::string& text) { entry.last_day = parse_expiry(text); },
           "The last day, such as 2027-01-31, or a number of days from now, such as 90d (default: never)")
        ->check(CLI::Validator{expiry_fault, {}})
        ->type_name("DAY");
    add->add_option("--full-name", entry.full_name, "What CreatedBy and UpdatedBy call the caller")
        ->type_name("TEXT");
    add->add_option("--associate-id", entry.associate_id,
                    "The associate's id (default: the user's of that name, or one more than the largest)")
        ->check(between(std::int32_t{0}, std::numeric_limits<std::int32_t>::max()))
        ->type_name("N");
    add->add_flag_callback(
        "--read-only", [&] { entry.may_write = false; }, "The token is for looking at pictures only");
    add->callback([&] { line.command = token; });
    auto* list = tokens->add_subcommand("list", "Print the tokens' ids, and whose they are");
    list->fallthrough();
    list->callback([&] { line.command = ListTokens{}; });
    auto* revoke = tokens->add_subcommand("revoke", "End a token; a running server follows within seconds");
    revoke->fallthrough();
    revoke->add_option("id", revoked.id, "The token's id, as tokens list has it")
        ->type_name("ID")
        ->required();
    revoke->callback([&] { line.command = revoked; });
}

void add_folder_commands(CLI::App& app, CommandLine& line, BackUp& backup, RestoreBackup& restoration) {
    auto* check = app.add_subcommand(
        "check", "Read everything in the data folder and name each picture that is damaged; a server may be "
                 "running");
    check->fallthrough();
    check->callback([&] { line.command = CheckFolder{}; });
    auto* back_up = app.add_subcommand(
        "backup", "Copy the data folder as it is at this moment into DIR, while a server may be running; "
                  "into an earlier backup, only what is new");
    back_up->fallthrough();
    back_up->add_option("dir", backup.folder, "Made when it is missing; its parent has to exist")
        ->type_name("DIR")
        ->required();
    back_up->callback([&] { line.command = backup; });
    auto* restore = app.add_subcommand(
        "restore", "Make the data folder that --data names of a backup; nothing is overwritten");
    restore->fallthrough();
    restore->add_option("dir", restoration.folder, "What `backup` made")->type_name("BACKUP")->required();
    restore->callback([&] { line.command = restoration; });
}

void add_exchange_commands(CLI::App& app, CommandLine& line, ExportPictures& exported,
                           ImportPictures& imported) {
    auto* write =
        app.add_subcommand("export", "Write a file for each person's picture and a manifest of their "
                                     "ImageInfo into DIR; again, what has changed");
    write->fallthrough();
    write->add_option("dir", exported.folder, "Made when it is missing; its parent has to exist")
        ->type_name("DIR")
        ->required();
    write->callback([&] { line.command = exported; });
    auto* read = app.add_subcommand("import", "Add the persons and pictures of an export; a person who has "
                                              "another picture keeps it and is named");
    read->fallthrough();
    read->add_option("dir", imported.folder, "What `export` made")->type_name("DIR")->required();
    read->callback([&] { line.command = imported; });
}

} // namespace

std::variant<CommandLine, int> parse_command_line(int argc, const char* const* argv) {
    CommandLine line;
    std::string listen;
    std::string operations;
    ImportPersons import;
    AddPerson person;
    AddUser user;
    AddToken token;
    RevokeToken revoked;
    BackUp backup;
    RestoreBackup restoration;
    ExportPictures exported;
    ImportPictures imported;

    CLI::App app{"A person's picture over SuperOffice's REST contract", "portrait-server"};
    app.set_version_flag("--version", "portrait-server " PORTRAIT_VERSION);
    app.footer(footer);
    app.option_defaults()->take_last(); // a script's own option can be overridden by one that follows
    app.get_formatter()->column_width(42);
    add_places(app, line.settings, listen);
    add_transport_options(app, line.settings.transport);
    add_rules(app, line.settings);
    add_caller_options(app, line.settings.callers);
    add_resources(app, line.settings);
    add_limit_options(app, line.settings.limits);
    add_log(app, line.settings, operations);
    add_config(app, line);
    add_person_commands(app, line, import, person);
    add_user_commands(app, line, user);
    add_token_commands(app, line, token, revoked);
    add_folder_commands(app, line, backup, restoration);
    add_exchange_commands(app, line, exported, imported);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& stop) {
        if (stop.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
            return app.exit(stop); // --help and --version
        return refuse(fmt::format("{}; see portrait-server --help", stop.what()));
    }
    if (!listen.empty())
        line.settings.listen = *parse_listen_address(listen);
    if (!operations.empty())
        line.settings.operations = *parse_listen_address(operations);
    return line;
}

std::filesystem::path default_users_file(const Settings& settings) {
    return settings.data / "users.htpasswd";
}

std::filesystem::path default_tokens_file(const Settings& settings) {
    return settings.data / "tokens";
}

} // namespace portrait_server
