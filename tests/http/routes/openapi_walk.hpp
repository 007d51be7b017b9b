#pragma once

#include "http/endpoint/endpoint_fixture.hpp"

#include <portrait/beast/server.hpp>

#include <boost/json/object.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::testing {

/// `FixedAuthenticator` that fails for the user `broken`.
class WalkAuthenticator final : public http::Authenticator {
public:
    void authenticate(http::Credentials credentials, std::string_view remote_address,
                      std::function<void(http::AuthenticationOutcome)> done) override;

private:
    FixedAuthenticator fixed_;
};

/// Runs its work at once, or refuses all work.
class WalkExecutor final : public http::Executor {
public:
    std::atomic<bool> refuses{false};

    bool execute(std::function<void()> work) override;
};

/// The memory store, which can be full.
class WalkStore final : public ImageStore {
public:
    std::atomic<bool> full{false};

    result<SavedImage> save(SaveImage command) override;
    result<StoredImage> image(ImageKey key) const override { return store_.image(key); }
    result<ImageInfo> info(ImageKey key) const override { return store_.info(key); }
    result<ImageInfo> update_info(UpdateImageInfo command) override;
    result<RemovedImage> remove(RemoveImage command) override;
    result<ImageInfo> link(LinkImage command) override;
    result<std::optional<BlobId>> unlink(UnlinkImage command) override;
    result<void> writable() const override { return store_.writable(); }

private:
    MemoryImageStore store_;
};

/// A real server that can be brought to each answer that the OpenAPI document has: persons 1 to 9, of whom 1
/// has a picture with blob id 1.
class WalkServer {
public:
    explicit WalkServer(bool strict = false, bool renders = true);

    std::uint16_t port() const { return server_->port(); }
    /// Gives person 1 another picture.
    void store(const std::vector<std::byte>& picture);

    std::shared_ptr<WalkStore> images = std::make_shared<WalkStore>();
    std::shared_ptr<WalkExecutor> executor = std::make_shared<WalkExecutor>();
    std::shared_ptr<PersonImageService> service;
    std::shared_ptr<http::Endpoint> endpoint;

private:
    std::unique_ptr<http::Server> server_;
};

/// An operation of the OpenAPI document.
struct WalkOperation {
    std::string id;
    std::string method; ///< in capitals
    std::string path;   ///< with its parameters in braces
    const boost::json::object* document = nullptr;
    const boost::json::object* operation = nullptr;
};

/// Every operation of the document.
std::vector<WalkOperation> operations_of(const boost::json::object& document);

/// The request that an operation's examples make, which succeeds; `media_type` is that of its body, empty for
/// the first that is documented.
Request example_request(const WalkOperation& operation, std::string_view media_type = {});

/// Prepares the server and makes the request that is answered with the status. Absent when nothing here
/// provokes that status of that operation. `type` is the wanted type of the answer; empty: none is asked for.
std::optional<Request> provocation(WalkServer& server, const WalkOperation& operation, unsigned status,
                                   std::string_view type);

/// Sends it as `tje0`, unless it says who asks (`-`: nobody).
RawResponse send(const WalkServer& server, Request request);

} // namespace portrait::testing
