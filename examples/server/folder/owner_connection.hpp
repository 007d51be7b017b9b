#pragma once

#include "folder/channel.hpp"
#include "folder/folder_job.hpp"
#include "folder/import_job.hpp"

#include <filesystem>
#include <memory>

namespace portrait_server {

/// A client's end of the control socket: does jobs and adds pictures in the server that has a data folder
/// open.
class OwnerConnection final : public ImportTarget {
public:
    /// Refused when the server doesn't accept the connection.
    [[nodiscard]] static Outcome<std::unique_ptr<OwnerConnection>>
    connect(const std::filesystem::path& folder, const JobListener& listener);

    /// Runs a job in the server, and passes its output to the listener. Refused when the server goes away
    /// meanwhile.
    [[nodiscard]] Outcome<JobEnd> run(const FolderJob& job, JobListener& listener);

    [[nodiscard]] Outcome<Imported> add(const ManifestEntry& entry, const ImportContext& context,
                                        const ReadPicture& read) override;

private:
    OwnerConnection(int socket, const JobListener& listener)
        : channel_{socket}
        , listener_{listener} {}

    [[nodiscard]] bool send(std::string_view text, int descriptor = -1);
    /// The next line of the server; refused when there is none.
    [[nodiscard]] Outcome<std::string> next_line();

    Channel channel_;
    const JobListener& listener_; ///< its cancellation ends every wait
};

} // namespace portrait_server
