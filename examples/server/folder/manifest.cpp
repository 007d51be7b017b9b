#include "folder/manifest.hpp"

#include "folder/bounded_lines.hpp"

#include <portrait/printable.hpp>

#include <boost/algorithm/hex.hpp>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace portrait_server {
namespace {

namespace json = boost::json;
using portrait::Actor;
using portrait::errc;
using portrait::Error;
using portrait::ImageBytes;
using portrait::Timestamp;

std::int64_t milliseconds(Timestamp at) {
    return at.time_since_epoch().count();
}

json::object object_of(const Actor& actor) {
    return {{"associate_id", actor.associate_id},
            {"name", actor.name},
            {"full_name", actor.full_name},
            {"person_id", actor.person_id}};
}

// These functions throw; `parse_manifest_line` turns the exception into its refusal.

std::string text_at(const json::object& object, std::string_view key) {
    return std::string{object.at(key).as_string()};
}

template<class Integer>
Integer number_at(const json::object& object, std::string_view key) {
    return object.at(key).to_number<Integer>();
}

Timestamp time_at(const json::object& object, std::string_view key) {
    // From the year 1 to 9999, as of all dates in answers.
    constexpr std::int64_t first = -62'135'596'800'000;
    constexpr std::int64_t last = 253'402'300'799'999;
    const auto time = number_at<std::int64_t>(object, key);
    if (time < first || time > last)
        throw std::invalid_argument{
            fmt::format("{} must be from {} to {} milliseconds; got {}", key, first, last, time)};
    return Timestamp{std::chrono::milliseconds{time}};
}

Actor actor_at(const json::object& object, std::string_view key) {
    constexpr std::size_t max_name_bytes = 1000;
    const auto& actor = object.at(key).as_object();
    const auto name_at = [&](const char* name) {
        auto text = text_at(actor, name);
        if (text.size() > max_name_bytes || !portrait::is_printable(text))
            throw std::invalid_argument{
                fmt::format("The {} of {} must be UTF-8 without control characters, of at most {} bytes",
                            name, key, max_name_bytes)};
        return text;
    };
    return {.associate_id = number_at<std::int32_t>(actor, "associate_id"),
            .name = name_at("name"),
            .full_name = name_at("full_name"),
            .person_id = number_at<std::int32_t>(actor, "person_id")};
}

portrait::Digest digest_at(const json::object& object, std::string_view key) {
    const auto text = text_at(object, key);
    portrait::Digest digest;
    if (text.size() != 2 * digest.bytes.size() || !boost::all(text, boost::is_xdigit()))
        throw std::invalid_argument{fmt::format("The digest must have 32 digits; got '{}'", text)};
    boost::algorithm::unhex(text, reinterpret_cast<char*>(digest.bytes.data()));
    return digest;
}

std::string file_at(const json::object& object) {
    auto file = text_at(object, "file");
    if (file.empty() || file.front() == '.' || file.find('/') != file.npos || file.find('\0') != file.npos)
        throw std::invalid_argument{fmt::format("The file must be a name without a folder; got '{}'", file)};
    return file;
}

ManifestEntry entry_of(const json::object& object) {
    const auto format = portrait::format_of_media_type(text_at(object, "media_type"));
    if (!format)
        throw std::invalid_argument{"The media type must be that of PNG, JPEG, GIF or TIFF"};
    ManifestEntry entry{
        .person_id = portrait::PersonId::from(number_at<std::int64_t>(object, "person_id")).value(),
        .person_name = {},
        .file = file_at(object),
        .info = {.blob_id = portrait::BlobId::from(number_at<std::int64_t>(object, "blob_id")).value(),
                 .blob_version = number_at<std::int64_t>(object, "blob_version"),
                 .link_version = number_at<std::int64_t>(object, "link_version"),
                 .size = number_at<std::uint64_t>(object, "size"),
                 .format = format,
                 .width = number_at<std::uint32_t>(object, "width"),
                 .height = number_at<std::uint32_t>(object, "height"),
                 .digest = digest_at(object, "digest"),
                 .description = text_at(object, "description"),
                 .extra_info = text_at(object, "extra_info"),
                 .conceptual_type = text_at(object, "conceptual_type"),
                 .created_at = time_at(object, "created_at"),
                 .created_by = actor_at(object, "created_by"),
                 .updated_at = time_at(object, "updated_at"),
                 .updated_by = actor_at(object, "updated_by"),
                 .linked_at = time_at(object, "linked_at")}};
    if (object.contains("person_name"))
        entry.person_name = text_at(object, "person_name");
    return entry;
}

constexpr std::int64_t manifest_version = 1;

} // namespace

std::string manifest_head(const portrait::ExportMoment& exported) {
    return json::serialize(json::object{{"manifest_version", manifest_version},
                                        {"store", exported.epoch},
                                        {"erasures", exported.erasures},
                                        {"exported_at", milliseconds(exported.at)}}) +
           "\n";
}

Outcome<std::optional<portrait::ExportMoment>> parse_manifest_head(std::string_view line) {
    try {
        const auto head = json::parse(json::string_view{line.data(), line.size()}).as_object();
        if (!head.contains("manifest_version"))
            return std::nullopt;
        const auto version = number_at<std::int64_t>(head, "manifest_version");
        if (version != manifest_version)
            return Refusal{fmt::format("The manifest has version {}; this program accepts version {}",
                                       version, manifest_version)};
        return std::optional{portrait::ExportMoment{.epoch = text_at(head, "store"),
                                                    .erasures = number_at<std::int64_t>(head, "erasures"),
                                                    .at = time_at(head, "exported_at")}};
    } catch (const std::exception&) {
        return std::nullopt; // `parse_manifest_line` names the fault
    }
}

std::string manifest_line(const ManifestEntry& entry) {
    const auto& info = entry.info;
    json::object line{{"person_id", entry.person_id.value()}, {"file", entry.file}};
    if (entry.person_name)
        line["person_name"] = *entry.person_name;
    line["media_type"] = portrait::media_type(info.format.value());
    line["size"] = info.size;
    line["width"] = info.width;
    line["height"] = info.height;
    line["digest"] = info.digest.to_string();
    line["blob_id"] = info.blob_id.value();
    line["blob_version"] = info.blob_version;
    line["link_version"] = info.link_version;
    line["description"] = info.description;
    line["extra_info"] = info.extra_info;
    line["conceptual_type"] = info.conceptual_type;
    line["created_at"] = milliseconds(info.created_at);
    line["created_by"] = object_of(info.created_by);
    line["updated_at"] = milliseconds(info.updated_at);
    line["updated_by"] = object_of(info.updated_by);
    line["linked_at"] = milliseconds(info.linked_at);
    return json::serialize(line) + "\n";
}

[[nodiscard]] Outcome<ManifestEntry> parse_manifest_line(std::string_view line) {
    try {
        return entry_of(json::parse(json::string_view{line.data(), line.size()}).as_object());
    } catch (const std::exception& fault) {
        return Refusal{fault.what()};
    }
}

[[nodiscard]] portrait::result<ImageBytes> read_picture(int folder, const ManifestEntry& entry) {
    const int file = open_regular_file(folder, entry.file);
    if (file < 0)
        return Error{errc::store_io, std::generic_category().message(errno)};
    struct stat status {};
    const bool known = ::fstat(file, &status) == 0;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    std::vector<std::byte> bytes;
    std::size_t done = 0;
    if (known && size == entry.info.size && size <= largest_picture) {
        bytes.resize(size);
        ssize_t count = 1;
        while (done < size && count > 0) {
            count = ::read(file, bytes.data() + done, size - done);
            done += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
        }
    }
    ::close(file);
    if (bytes.size() != entry.info.size)
        return Error{errc::image_truncated, "The size of the file differs from the manifest"};
    if (done != size)
        return Error{errc::store_io, "The file can't be read"};
    if (portrait::digest_of(bytes) != entry.info.digest)
        return Error{errc::image_corrupt, "The digest of the file differs from the manifest"};
    return ImageBytes{std::move(bytes)};
}

} // namespace portrait_server
