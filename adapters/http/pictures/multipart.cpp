#include "pictures/multipart.hpp"

#include "headers/content_types.hpp"
#include "headers/field_syntax.hpp"

#include <portrait/http/message.hpp>
#include <portrait/probe.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace portrait::http {
namespace {

constexpr std::string_view line_end = "\r\n";

Problem malformed_form(std::string message) {
    return plain_problem(400, "multipart.malformed", std::move(message));
}

Problem truncated() {
    return plain_problem(400, "multipart.truncated",
                         "The multipart/form-data body ends before its end boundary");
}

/// A boundary's position in the body.
struct Delimiter {
    std::size_t begin = 0; ///< with the line end before it, which belongs to it
    std::size_t end = 0;   ///< after it and its own line end
    bool last = false;
};

/// Finds the lines `--boundary` and `--boundary--`.
class Delimiters {
public:
    Delimiters(std::string_view body, std::string_view boundary)
        : body_{body}
        , needle_{fmt::format("\r\n--{}", boundary)} {}

    /// The first one, which may be at the very beginning of the body.
    std::optional<Delimiter> first() const {
        const auto dashed = std::string_view{needle_}.substr(line_end.size());
        if (body_.starts_with(dashed))
            if (auto delimiter = read(0, dashed.size()))
                return delimiter;
        return next(0);
    }

    /// The first one at or after `from`. Linear: a boundary holds no CR, so no byte is compared twice.
    std::optional<Delimiter> next(std::size_t from) const {
        while ((from = body_.find(needle_, from)) != std::string_view::npos) {
            if (auto delimiter = read(from, from + needle_.size()))
                return delimiter;
            from += needle_.size();
        }
        return std::nullopt;
    }

private:
    /// A delimiter ends with optional `--`, blanks and a line end. Absent for a line of content that only
    /// begins like one.
    std::optional<Delimiter> read(std::size_t begin, std::size_t end) const {
        const bool last = body_.substr(end).starts_with("--");
        end = std::min(body_.find_first_not_of(blanks, last ? end + 2 : end), body_.size());
        if (body_.substr(end).starts_with(line_end))
            return Delimiter{begin, end + line_end.size(), last};
        if (last && end == body_.size())
            return Delimiter{begin, end, last};
        return std::nullopt;
    }

    std::string_view body_;
    std::string needle_;
};

/// The fields of a part's header that decide.
struct PartHeader {
    std::string disposition;
    std::string content_type;
    std::string transfer_encoding;
};

/// Parses the header's lines and joins folded ones. False when a line is no header field.
bool read_header(std::string_view lines, PartHeader& header) {
    std::string ignored;
    std::string* value = nullptr;
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find(line_end));
        lines.remove_prefix(std::min(line.size() + line_end.size(), lines.size()));
        if (line.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos)
            return false;
        if (value != nullptr && blanks.find(line.front()) != std::string_view::npos) {
            *value += line;
            continue;
        }
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0)
            return false;
        const auto name = line.substr(0, colon);
        if (name.find_first_of(blanks) != std::string_view::npos)
            return false;
        value = equal_ignoring_case(name, "Content-Disposition")         ? &header.disposition
                : equal_ignoring_case(name, "Content-Type")              ? &header.content_type
                : equal_ignoring_case(name, "Content-Transfer-Encoding") ? &header.transfer_encoding
                                                                         : &ignored;
        *value = line.substr(colon + 1);
    }
    return true;
}

bool is_image_type(std::string_view content_type) {
    const auto media_type = parse_media_type(trimmed(content_type));
    return media_type && media_type->name.starts_with("image/");
}

/// Whether the bytes begin as a stored format or as one of `formats`, damaged or not.
bool has_picture_bytes(const ImageBytes& bytes, ConvertibleFormats formats) {
    if (const auto format = convertible_format(bytes))
        return formats.contains(*format);
    const auto header = probe(bytes);
    return header || (header.error() != errc::image_empty && header.error() != errc::image_unknown_format &&
                      header.error() != errc::image_unsupported_format);
}

/// The reason to take a part as the picture. A greater one wins.
enum class Evidence { none, file_name, bytes, image_type };

/// Browsers send an empty file name without bytes for a file that wasn't chosen.
ProblemOr<Evidence> evidence_of(const PartHeader& header, const ImageBytes& bytes,
                                ConvertibleFormats formats) {
    const auto disposition = trimmed(header.disposition);
    const auto parameters =
        parse_parameters(disposition.substr(std::min(disposition.find(';'), disposition.size())));
    if (!parameters)
        return malformed_form("A part's Content-Disposition is not valid; form-data; name=\"image\"; "
                              "filename=\"photo.jpg\" is accepted");
    const auto* file_name = find_parameter(*parameters, "filename");
    if (file_name == nullptr)
        file_name = find_parameter(*parameters, "filename*");
    if (is_image_type(header.content_type))
        return Evidence::image_type;
    if (has_picture_bytes(bytes, formats))
        return Evidence::bytes;
    const bool named = file_name != nullptr && (!file_name->empty() || !bytes.empty());
    return named ? Evidence::file_name : Evidence::none;
}

bool is_encoded(const PartHeader& header) {
    const auto encoding = trimmed(header.transfer_encoding);
    for (const std::string_view plain : {"", "binary", "8bit", "7bit"})
        if (equal_ignoring_case(encoding, plain))
            return false;
    return true;
}

/// The part with the best evidence so far; of equal ones the first.
struct Candidate {
    Evidence evidence = Evidence::none;
    ImageBytes bytes{};
    bool is_encoded = false;

    /// The picture after the last part.
    ProblemOr<ImageBytes> picture() && {
        if (evidence == Evidence::none)
            return plain_problem(
                400, "multipart.no_picture",
                "The form has no picture: no part has a file name, an image type or the bytes of a picture");
        if (is_encoded)
            return malformed_form(
                "The picture's part has a Content-Transfer-Encoding; only binary is accepted");
        return std::move(bytes);
    }
};

} // namespace

Problem no_boundary_problem() {
    return plain_problem(400, "multipart.no_boundary",
                         "multipart/form-data needs a boundary of 1 to 70 characters in its Content-Type");
}

ProblemOr<ImageBytes> picture_part(const ImageBytes& body, std::string_view boundary,
                                   ConvertibleFormats formats) {
    if (!is_multipart_boundary(boundary))
        return no_boundary_problem();
    if (body.empty())
        return plain_problem(400, "image.empty", "Image bitmap is missing from body");
    const auto text = body.text();
    const Delimiters delimiters{text, boundary};
    auto delimiter = delimiters.first();
    if (!delimiter)
        return malformed_form("The boundary that the Content-Type names is not in the body");

    Candidate best;
    for (std::size_t parts = 0; !delimiter->last; ++parts) {
        if (parts == max_multipart_parts)
            return limit_problem(
                400, "multipart.too_many_parts",
                fmt::format("The form has too many parts; at most {} are accepted", max_multipart_parts),
                std::nullopt, max_multipart_parts);
        // Search from the delimiter's own line end: a part without header lines begins with the empty line.
        const auto from = delimiter->end - line_end.size();
        const auto length = text.substr(from, max_part_header_bytes + 3 * line_end.size()).find("\r\n\r\n");
        if (length == std::string_view::npos) {
            if (text.size() - delimiter->end < max_part_header_bytes + 2 * line_end.size())
                return truncated();
            return limit_problem(400, "multipart.header_too_large",
                                 fmt::format("A part's header is too large; at most {} bytes are accepted",
                                             max_part_header_bytes),
                                 std::nullopt, max_part_header_bytes);
        }
        PartHeader header;
        const auto header_end = from + length;
        if (header_end > delimiter->end &&
            !read_header(text.substr(delimiter->end, header_end - delimiter->end), header))
            return malformed_form("A part's header has a line that is no header field");

        const auto begin = header_end + 2 * line_end.size();
        // The empty line may be the line end of the next boundary.
        delimiter = delimiters.next(begin - line_end.size());
        if (!delimiter)
            return truncated();
        const auto size = std::max(delimiter->begin, begin) - begin;
        if (best.evidence == Evidence::image_type)
            continue;
        auto part = body.slice(begin, size);
        const auto evidence = evidence_of(header, part, formats);
        if (!evidence)
            return evidence.error();
        if (*evidence > best.evidence)
            best = {*evidence, std::move(part), is_encoded(header)};
    }
    return std::move(best).picture();
}

} // namespace portrait::http
