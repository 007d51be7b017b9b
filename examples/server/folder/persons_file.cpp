#include "folder/persons_file.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace portrait_server {

namespace {

using portrait::sqlite::Person;
using Fields = std::vector<std::string>;

constexpr std::size_t max_name_bytes = 1000;
constexpr std::size_t max_file_bytes = std::size_t{256} << 20;

Refusal bad_line(std::size_t line, std::string_view fault) {
    return {fmt::format("line {}: {}", line, fault)};
}

/// Reads records from a CSV text, one after another.
class RecordReader {
public:
    explicit RecordReader(std::string_view text)
        : text_{text} {}

    bool at_end() const { return at_ == text_.size(); }
    /// The line on which the next record begins.
    std::size_t line() const { return line_; }

    [[nodiscard]] Outcome<Fields> next() {
        Fields fields(1);
        std::size_t quote_line = 0; // of the open quote; 0: none is open
        bool closed = false;        // the field's closing quote was read
        while (at_ < text_.size()) {
            const char character = text_[at_++];
            const char following = at_ < text_.size() ? text_[at_] : '\0';
            auto& field = fields.back();
            if (quote_line != 0) {
                line_ += character == '\n' ? 1 : 0;
                closed = character == '"' && following != '"';
                if (closed)
                    quote_line = 0;
                else
                    field += character;
                at_ += character == '"' && !closed ? 1 : 0; // a doubled quote stands for one
            } else if (character == '\n') {
                ++line_;
                return fields;
            } else if (character == '\r' && following == '\n') {
                continue;
            } else if (character == ',') {
                fields.emplace_back();
                closed = false;
            } else if (closed) {
                return bad_line(line_, "text follows a closing quote");
            } else if (character == '"' && !field.empty()) {
                return bad_line(line_, "a quote stands inside a field that doesn't begin with one");
            } else if (character == '"') {
                quote_line = line_;
            } else {
                field += character;
            }
        }
        if (quote_line != 0)
            return bad_line(quote_line, "a quote is never closed");
        return fields;
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

bool is_blank(const Fields& fields) {
    return fields.size() == 1 && fields.front().find_first_not_of(" \t") == std::string::npos;
}

bool is_header(const Fields& fields) {
    return fields.size() == 2 && !fields.front().empty() &&
           fields.front().find_first_of("0123456789") == std::string::npos;
}

[[nodiscard]] Outcome<std::vector<Person>> parse_persons(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    std::vector<Person> persons;
    std::unordered_map<portrait::PersonId, std::size_t> lines;
    RecordReader reader{text};
    for (bool first = true; !reader.at_end(); first = false) {
        const auto line = reader.line();
        const auto fields = reader.next();
        if (!fields)
            return fields.error();
        if (is_blank(*fields) || (first && is_header(*fields)))
            continue;
        if (fields->size() != 2)
            return bad_line(line, fmt::format("expected the 2 fields id,name; got {} (names with commas need "
                                              "quotes)",
                                              fields->size()));
        auto person = make_person((*fields)[0], (*fields)[1]);
        if (!person)
            return bad_line(line, person.error().sentence);
        const auto [earlier, is_new] = lines.emplace(person->id, line);
        if (!is_new)
            return bad_line(
                line, fmt::format("person {} is on line {} already", person->id.value(), earlier->second));
        persons.push_back(*std::move(person));
    }
    return persons;
}

} // namespace

[[nodiscard]] Outcome<std::vector<Person>> read_persons(const std::filesystem::path& path) {
    errno = 0;
    std::ifstream file{path, std::ios::binary};
    std::string text;
    std::vector<char> buffer(std::size_t{64} * 1024);
    while (file && text.size() <= max_file_bytes) {
        file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        text.append(buffer.data(), static_cast<std::size_t>(file.gcount()));
    }
    if (text.size() > max_file_bytes)
        return Refusal{fmt::format("{} has more than {} MiB", path.string(), max_file_bytes >> 20)};
    if (!file.is_open() || file.bad())
        return Refusal{
            fmt::format("{} can't be read: {}", path.string(), std::generic_category().message(errno))};
    auto persons = parse_persons(text);
    if (!persons)
        return Refusal{fmt::format("{}, {}", path.string(), persons.error().sentence)};
    return persons;
}

[[nodiscard]] Outcome<Person> make_person(std::string_view id, std::string_view name) {
    const auto person_id = portrait::PersonId::parse(id);
    if (!person_id)
        return Refusal{
            fmt::format("The person id must be a decimal number from 1 to 2147483647; got '{}'", id)};
    if (name.size() > max_name_bytes)
        return Refusal{
            fmt::format("The name must have at most {} bytes; got {}", max_name_bytes, name.size())};
    if (!portrait::is_printable(name))
        return Refusal{"The name must be UTF-8 without control characters"};
    return Person{.id = *person_id, .name = std::string{name}};
}

} // namespace portrait_server
