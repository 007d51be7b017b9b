#pragma once

#include "store/store.hpp"
#include "terminal/console.hpp"

#include <portrait/person_image_service.hpp>
#include <portrait/sqlite/open_folder.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace portrait_server {

/// The stores on which a job works.
struct JobPlace {
    Store& store;
    portrait::ImageStore& images; ///< for writes of pictures: those of `store`, or the cache in front
    portrait::PersonImageService& service; ///< its limits and policies are those of all pictures
};

/// The actor of the operator's commands: the user of this process, and of each client of the control socket.
portrait::Actor operating_user();

/// A subcommand that works on a store: in its own process, or in the server that has the data folder open.
struct FolderJob {
    std::string name;                   ///< such as `backup`
    std::vector<std::string> arguments; ///< paths among them are absolute
    /// The folder that the job writes into, opened by the process of the command: the server may not see it,
    /// or see it read-only.
    std::shared_ptr<const portrait::sqlite::OpenFolder> folder{};
};

/// Gets the output and the progress of a job, on the thread of the job.
class JobListener {
public:
    virtual ~JobListener() = default;

    /// A line for the operator, without its end: a finding or the result.
    virtual void say(std::string_view line) = 0;
    /// Bytes done and in all (0: unknown) of a step. False cancels the job.
    virtual bool progress(std::string_view step, std::uint64_t done, std::uint64_t total) = 0;
    /// True when `progress` has returned false or would do so now.
    virtual bool cancelled() const { return false; }
};

/// Drops the lines of a job.
class SilentListener final : public JobListener {
public:
    explicit SilentListener(const JobListener& other)
        : other_{other} {}

    void say(std::string_view) override {}
    bool progress(std::string_view, std::uint64_t, std::uint64_t) override { return !cancelled(); }
    bool cancelled() const override { return other_.cancelled(); }

private:
    const JobListener& other_;
};

/// The result of a job: the exit code and, unless that is 0, a sentence.
struct JobEnd {
    int exit_code = 0;
    std::string sentence{};
};

/// The work of a job, to be done on an open store.
using JobWork = std::function<JobEnd(JobPlace, JobListener&)>;

/// Whether a job of this name writes into a folder.
bool writes_folder(std::string_view job_name);

/// Checks a job and reads the file that it names. Refuses unknown names and arguments, which may come from
/// another process.
[[nodiscard]] Outcome<JobWork> work_of(const FolderJob& job);

/// Reports a completed copy, and the pictures that are missing in it; `subject` is such as `backup in DIR`.
JobEnd end_of_copy(const portrait::sqlite::CopyReport& report, std::string_view subject,
                   JobListener& listener);

/// A person, refused when the name is too long or not printable.
[[nodiscard]] Outcome<portrait::KnownPerson> make_person(portrait::PersonId id, std::string_view name);

/// Reads persons from a CSV file (RFC 4180) of at most 256 MiB: lines of `id,name`, with names in quotes when
/// they hold commas or quotes. A first line whose id has no digit is a header. A UTF-8 byte order mark, LF
/// line ends and blank lines are accepted. A refusal has the path and, for a fault in the text, the line,
/// counted from 1.
[[nodiscard]] Outcome<std::vector<portrait::KnownPerson>> read_persons(const std::filesystem::path& path);

/// The end of a job that was cancelled or failed with `error`; `subject` is such as `The backup`.
JobEnd end_of_failed_job(const portrait::Error& error, std::string_view subject);

/// The work of `persons-erase`, `persons-erase-with-name` and `persons-verify-erased`; the first argument is
/// the person's id. An erasure prints its receipt.
[[nodiscard]] Outcome<JobWork> erasure_work(const FolderJob& job);

/// Writes a file for each person with a picture, and a manifest with the ImageInfo of each, into a folder. A
/// picture and its ImageInfo belong together; the export as a whole is
/// no snapshot. A second export into the folder writes changes, deletes the files of removed pictures, and
/// continues an interrupted one.
JobEnd export_pictures(JobPlace place, const portrait::sqlite::OpenFolder& target, JobListener& listener);

} // namespace portrait_server
