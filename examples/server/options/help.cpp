#include "options/help.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace portrait_server {
namespace {

constexpr std::size_t name_columns = 30;
constexpr std::size_t text_columns = 50;
constexpr std::size_t page_columns = name_columns + text_columns;

std::string wrapped(const std::string& text, std::size_t columns) {
    std::string lines;
    std::size_t column = 0;
    std::istringstream words{text};
    for (std::string word; words >> word; column += word.size()) {
        if (column != 0 && column + 1 + word.size() > columns) {
            lines += '\n';
            column = 0;
        } else if (column != 0) {
            lines += ' ';
            ++column;
        }
        lines += word;
    }
    return lines;
}

} // namespace

HelpFormatter::HelpFormatter(bool brief)
    : brief_{brief} {
    column_width(name_columns);
    label("OPTIONS", "OPTION...");
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Arguments");
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
    if (!brief_ && app->get_parent() == nullptr && mode == CLI::AppFormatMode::Normal)
        return HelpFormatter{true}.make_help(app, std::move(name), mode);
    auto help = Formatter::make_help(app, std::move(name), mode);
    while (help.find("\n\n\n") != std::string::npos)
        boost::replace_all(help, "\n\n\n", "\n\n");
    return help;
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
    return wrapped(app->get_description() + '.', page_columns) + "\n\n";
}

std::string HelpFormatter::make_group(std::string group, bool is_positional,
                                      std::vector<const CLI::Option*> options) const {
    return brief_ && group != "Options"
               ? std::string{}
               : Formatter::make_group(std::move(group), is_positional, std::move(options));
}

std::string HelpFormatter::make_subcommands(const CLI::App* app, CLI::AppFormatMode) const {
    const auto commands = commands_of(app, {});
    return commands.empty() ? commands : "\nCommands:\n" + commands;
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
    return option->get_type_size() == 0 ? std::string{} : " " + option->get_type_name();
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
    std::string suffix;
    if (!option->get_default_str().empty())
        suffix = fmt::format(" (default: {})", option->get_default_str());
    if (!brief_ && !option->get_envname().empty())
        suffix += fmt::format(" [{}]", option->get_envname());
    return description(option->get_description(), suffix);
}

std::string HelpFormatter::description(std::string text, const std::string& suffix) const {
    if (brief_)
        text.resize(std::min(text.size(), text.find(". ")));
    return wrapped(text + suffix, text_columns);
}

/// One line for each subcommand that does something, with its arguments. The brief help has those of the
/// usual group alone.
std::string HelpFormatter::commands_of(const CLI::App* app, const std::string& prefix) const {
    std::ostringstream out;
    for (const auto* command : app->get_subcommands({})) {
        if (brief_ && command->get_group() != CLI::App{}.get_group())
            continue;
        auto name = prefix + command->get_name();
        if (!command->get_subcommands({}).empty()) {
            out << commands_of(command, name + ' ');
            continue;
        }
        for (const auto* argument :
             command->get_options([](const CLI::Option* option) { return option->get_positional(); }))
            name += ' ' + argument->get_type_name();
        CLI::detail::format_help(out, name, description(command->get_description()), name_columns);
    }
    return out.str();
}

CLI::App* add_command(CLI::App& parent, const char* name, const char* description,
                      const std::string& examples) {
    auto* command = parent.add_subcommand(name, description)->fallthrough();
    command->footer(examples.empty() ? examples : "Examples:\n" + examples);
    return command;
}

} // namespace portrait_server
