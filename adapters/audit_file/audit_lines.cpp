#include "audit_lines.hpp"

#include <portrait/printable.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace portrait::audit_file {
namespace {

namespace json = boost::json;

json::value value_of(const std::optional<AuditedPicture>& picture) {
    if (!picture)
        return nullptr;
    json::object value{
        {"blob_id", picture->blob_id.value()}, {"version", picture->blob_version}, {"bytes", picture->size}};
    if (picture->size == 0)
        value["digest"] = nullptr;
    else
        value["digest"] = picture->digest.to_string();
    return value;
}

json::value value_of(const Actor& actor) {
    return json::object{{"associate_id", actor.associate_id}, {"user", printable(actor.name)}};
}

json::value value_of(const ImageStamps& stamps) {
    return json::object{{"created_at", utc_text(stamps.created_at)},
                        {"created_by", value_of(stamps.created_by)},
                        {"updated_at", utc_text(stamps.updated_at)},
                        {"updated_by", value_of(stamps.updated_by)}};
}

} // namespace

std::string prepared_line(const std::string& id, const AuditRecord& record) {
    json::object line{{"time", utc_text(record.at)},
                      {"state", "prepared"},
                      {"id", id},
                      {"action", name_of(record.action)},
                      {"associate_id", record.actor.associate_id},
                      {"user", printable(record.actor.name)}};
    if (!record.actor.request_id.empty())
        line["request_id"] = printable(record.actor.request_id);
    if (record.person_id)
        line["person_id"] = record.person_id->value();
    line["before"] = value_of(record.before);
    line["after"] = value_of(record.after);
    if (record.imported)
        line["imported"] = value_of(*record.imported);
    return json::serialize(line) + '\n';
}

std::string outcome_line(const std::string& id, AuditOutcome outcome) {
    return fmt::format("{{\"time\":\"{}\",\"state\":\"{}\",\"id\":\"{}\"}}\n",
                       utc_text(system_clock()->now()),
                       outcome == AuditOutcome::committed ? "committed" : "failed", id);
}

std::string refused_line(std::uint64_t writes) {
    return fmt::format("{{\"time\":\"{}\",\"state\":\"refused\",\"writes\":{}}}\n",
                       utc_text(system_clock()->now()), writes);
}

} // namespace portrait::audit_file
