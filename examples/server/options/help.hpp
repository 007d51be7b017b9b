#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace portrait_server {

/// Formats help in 80 columns. `--help` of the program lists the group "Options" alone, with the first
/// sentence of each description; `--help-all` and the help of subcommands list everything.
class HelpFormatter final : public CLI::Formatter {
public:
    explicit HelpFormatter(bool brief = false);

    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
    std::string make_description(const CLI::App* app) const override;
    std::string make_group(std::string group, bool is_positional,
                           std::vector<const CLI::Option*> options) const override;
    std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const override;
    std::string make_option_opts(const CLI::Option* option) const override;
    std::string make_option_desc(const CLI::Option* option) const override;

private:
    std::string description(std::string text, const std::string& suffix = {}) const;
    std::string commands_of(const CLI::App* app, const std::string& prefix) const;

    const bool brief_;
};

/// Adds a subcommand whose help ends with `examples`. Options of the program may follow it, too.
CLI::App* add_command(CLI::App& parent, const char* name, const char* description,
                      const std::string& examples = {});

/// Accepts numbers of a range. The range is in the message of a fault and not in the help.
template<class Number>
CLI::Validator between(Number least, Number most) {
    return CLI::Range{least, most}.description("");
}

} // namespace portrait_server
