#include "folder/folder_job.hpp"

#include <fmt/format.h>

#include <pwd.h>
#include <unistd.h>

#include <array>

namespace portrait_server {
namespace {

JobEnd erase(JobPlace place, portrait::PersonId person_id, bool name, JobListener& listener) {
    const auto receipt = place.service.erase(person_id, operating_user(), name);
    if (!receipt)
        return end_of_failed_job(receipt.error(), "The erasure");
    listener.say(portrait::to_json(*receipt));
    if (receipt->unproven.empty())
        return {};
    return {exit_code::failure, "The person is erased, but a part of it is not proven; see the receipt"};
}

JobEnd verify(JobPlace place, portrait::PersonId person_id, JobListener& listener) {
    auto check = place.store.verify_erased(person_id);
    if (!check)
        return end_of_failed_job(check.error(), "The check");
    if (!check->erasure)
        return {exit_code::failure, fmt::format("Person {} was never erased", person_id.value())};
    if (const auto cached = place.images.cached_info(person_id))
        check->found.push_back(fmt::format("The cache has blob {}", cached->blob_id.value()));
    for (const auto& found : check->found)
        listener.say(found);
    if (!check->found.empty())
        return {exit_code::failure, fmt::format("Person {} is not erased", person_id.value())};
    listener.say(fmt::format("person {} was erased at {}: nothing in {}; {}", person_id.value(),
                             portrait::utc_text(check->erasure->at), place.store.searched(),
                             check->has_name ? "the name is kept" : "no name"));
    return {};
}

} // namespace

portrait::Actor operating_user() {
    const auto uid = ::geteuid();
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> buffer{};
    const bool named =
        ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
    return {.name = named ? std::string{entry.pw_name} : fmt::format("uid {}", uid)};
}

Outcome<JobWork> erasure_work(const FolderJob& job) {
    const auto person_id = portrait::PersonId::parse(job.arguments.at(0));
    if (!person_id)
        return Refusal{fmt::format("The person id must be a decimal number from 1 to 2147483647; got '{}'",
                                   job.arguments[0])};
    if (job.name == "persons-verify-erased")
        return
            [id = *person_id](JobPlace place, JobListener& listener) { return verify(place, id, listener); };
    return [id = *person_id, name = job.name == "persons-erase-with-name"](
               JobPlace place, JobListener& listener) { return erase(place, id, name, listener); };
}

} // namespace portrait_server
