#pragma once

#include <portrait/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace portrait {
class ImageStore;
}
namespace portrait::sqlite {
class SqliteImageStore;
struct CopyReport;
} // namespace portrait::sqlite

namespace portrait_server {

/// Where a job is done.
struct JobPlace {
    portrait::sqlite::SqliteImageStore& store;
    portrait::ImageStore& images; ///< what writes pictures go through: a cache before the store, or the store
};

/// What a subcommand wants done in a data folder, wherever it is done: in its own process or in the server
/// that has the folder open.
struct FolderJob {
    std::string name;                   ///< such as `backup`
    std::vector<std::string> arguments; ///< paths among them are absolute
};

/// Who hears of a job, on the thread that does it.
class JobListener {
public:
    virtual ~JobListener() = default;

    /// A line for the operator, without its end; a finding or the outcome.
    virtual void say(std::string_view line) = 0;
    /// Bytes done and in all (0: not known) of a step. False: nobody wants the job any more.
    virtual bool progress(std::string_view step, std::uint64_t done, std::uint64_t total) = 0;
    /// What `progress` returned last, or would now.
    virtual bool wanted() const { return true; }
};

/// How a job ended: what the process should end with and, unless that is 0, a sentence.
struct JobEnd {
    int exit_code = 0;
    std::string sentence{};
};

/// Does a job on an open store. A name or arguments that it doesn't know are refused: they may come from
/// another process.
JobEnd do_job(JobPlace place, const FolderJob& job, JobListener& listener);

/// Tells of a copy that was made, and of what isn't in it.
JobEnd end_of_copy(const portrait::sqlite::CopyReport& report, std::string_view what, JobListener& listener);
/// The same of one that wasn't.
JobEnd end_of_failed_copy(const portrait::Error& error, std::string_view what);

} // namespace portrait_server
