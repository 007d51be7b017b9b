#include "folder/persons_file.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace portrait_server {

namespace {

using portrait::errc;
using portrait::Error;
using portrait::sqlite::Person;

constexpr std::size_t longest_name = 1000;
constexpr std::size_t largest_file = std::size_t{256} << 20;

Error bad_line(std::size_t line, std::string_view fault) {
    return {errc::file_invalid, fmt::format("line {}: {}", line, fault)};
}

/// Takes records from a CSV text, one after another.
class RecordReader {
public:
    explicit RecordReader(std::string_view text)
        : rest_{text} {}

    bool at_end() const { return rest_.empty(); }
    /// Where the next record begins.
    std::size_t line() const { return line_; }

    [[nodiscard]] portrait::result<std::vector<std::string>> next() {
        std::vector<std::string> fields;
        for (;;) {
            auto field = rest_.starts_with('"') ? quoted() : plain();
            if (!field)
                return field.error();
            fields.push_back(std::move(*field));
            if (rest_.starts_with(',')) {
                rest_.remove_prefix(1);
                continue;
            }
            if (!at_end() && !take_line_end())
                return bad_line(line_, "there is text behind a closing quote");
            return fields;
        }
    }

private:
    bool take_line_end() {
        const std::size_t length = rest_.starts_with("\r\n") ? 2 : rest_.starts_with('\n') ? 1 : 0;
        rest_.remove_prefix(length);
        line_ += length != 0 ? 1 : 0;
        return length != 0;
    }

    [[nodiscard]] portrait::result<std::string> plain() {
        auto field = rest_.substr(0, rest_.find_first_of(",\n"));
        rest_.remove_prefix(field.size());
        if (rest_.starts_with('\n') && field.ends_with('\r')) {
            field.remove_suffix(1); // together they are the line's end
            rest_ = {rest_.data() - 1, rest_.size() + 1};
        }
        if (field.find('"') != std::string_view::npos)
            return bad_line(line_, "a quote stands inside a field that doesn't begin with one");
        return std::string{field};
    }

    [[nodiscard]] portrait::result<std::string> quoted() {
        const auto first_line = line_;
        std::string field;
        rest_.remove_prefix(1);
        for (;;) {
            const auto quote = rest_.find('"');
            if (quote == std::string_view::npos)
                return bad_line(first_line, "a quote is opened and never closed");
            const auto part = rest_.substr(0, quote);
            line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
            field += part;
            rest_.remove_prefix(quote + 1);
            if (!rest_.starts_with('"'))
                return field;
            field += '"';
            rest_.remove_prefix(1);
        }
    }

    std::string_view rest_;
    std::size_t line_ = 1;
};

bool is_blank(const std::vector<std::string>& fields) {
    return fields.size() == 1 && fields.front().find_first_not_of(" \t") == std::string::npos;
}

bool is_header(const std::vector<std::string>& fields) {
    return fields.size() == 2 && !fields.front().empty() &&
           fields.front().find_first_of("0123456789") == std::string::npos;
}

[[nodiscard]] portrait::result<Person> person_of(std::vector<std::string>& fields, std::size_t line) {
    if (fields.size() != 2)
        return bad_line(line, fmt::format("{} field{} where id,name are 2; names with commas need quotes",
                                          fields.size(), fields.size() == 1 ? "" : "s"));
    const auto id = portrait::PersonId::parse(fields[0]);
    if (!id)
        return bad_line(line, fmt::format("the id '{}' is not a number from 1 to 2147483647", fields[0]));
    if (const auto fault = person_name_fault(fields[1]); !fault.empty())
        return bad_line(line, fault);
    return Person{.id = *id, .name = std::move(fields[1])};
}

} // namespace

[[nodiscard]] portrait::result<std::string> read_persons_file(const std::filesystem::path& path) {
    const auto failed = [] { return Error{errc::store_io, std::generic_category().message(errno)}; };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rbe"), std::fclose};
    if (file == nullptr)
        return failed();
    std::string text;
    std::vector<char> buffer(std::size_t{64} * 1024);
    errno = 0;
    while (const auto count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
        text.append(buffer.data(), count);
        if (text.size() > largest_file)
            return Error{errc::info_text_too_long,
                         fmt::format("it has more than {} MiB", largest_file >> 20)};
    }
    if (std::ferror(file.get()) != 0)
        return failed();
    return text;
}

[[nodiscard]] portrait::result<std::vector<Person>> parse_persons(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    std::vector<Person> persons;
    std::unordered_map<portrait::PersonId, std::size_t> lines;
    RecordReader reader{text};
    for (bool first = true; !reader.at_end(); first = false) {
        const auto line = reader.line();
        auto fields = reader.next();
        if (!fields)
            return fields.error();
        if (is_blank(*fields) || (first && is_header(*fields)))
            continue;
        auto person = person_of(*fields, line);
        if (!person)
            return person.error();
        const auto [earlier, is_new] = lines.emplace(person->id, line);
        if (!is_new)
            return bad_line(line, fmt::format("person {} stands on line {} already", person->id.value(),
                                              earlier->second));
        persons.push_back(std::move(*person));
    }
    return persons;
}

std::string_view person_name_fault(std::string_view name) {
    if (name.size() > longest_name)
        return "the name has more than 1000 bytes";
    if (!portrait::is_printable(name))
        return "the name is not UTF-8 or has control characters";
    return {};
}

} // namespace portrait_server
