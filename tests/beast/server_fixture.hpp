#pragma once

#include <portrait/beast/server.hpp>
#include <portrait/http/endpoint.hpp>
#include <portrait/memory_image_store.hpp>
#include <portrait/person_image_service.hpp>

#include "support/raw_http.hpp"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// A server over the memory store on a free port, with a store and an authenticator that tests can block.
namespace portrait::http::testing {

using portrait::testing::RawConnection;
using portrait::testing::RawFields;
using portrait::testing::RawResponse;

/// Blocks calls while it is closed. Thread-safe.
class Gate {
public:
    void close();
    void open();
    /// Returns when the gate is open.
    void pass();
    /// Waits until `count` calls are blocked.
    void wait_for_held(std::size_t count);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool closed_ = false;
    std::size_t held_ = 0;
};

/// The memory store behind gates; throws like a faulty store when `throws` is set.
class HeldStore final : public ImageStore {
public:
    Gate reads;
    Gate writes;
    std::atomic<bool> throws{false};
    std::atomic<std::size_t> saves{0};

    result<SavedImage> save(SaveImage command) override;
    result<StoredImage> image(ImageKey key) const override;
    result<ImageInfo> info(ImageKey key) const override { return store_.info(key); }
    result<ImageInfo> update_info(UpdateImageInfo command) override { return store_.update_info(command); }
    result<RemovedImage> remove(RemoveImage command) override { return store_.remove(command); }
    result<ImageInfo> link(LinkImage command) override { return store_.link(command); }
    result<std::optional<BlobId>> unlink(UnlinkImage command) override { return store_.unlink(command); }
    result<void> writable() const override { return store_.writable(); }

private:
    MemoryImageStore store_;
};

/// Accepts only tje0 with the password Tje0; can delay its answers.
class HeldAuthenticator final : public Authenticator {
public:
    void authenticate(Credentials credentials, std::string_view remote_address,
                      std::function<void(AuthenticationOutcome)> done) override;
    void hold();
    void wait_for_held(std::size_t count);
    /// Completes all delayed calls on the calling thread.
    void release();

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool holding_ = false;
    std::vector<std::function<void()>> held_;
};

struct LoggedAccess {
    std::string request_id;
    std::string remote_address;
    std::string principal;
    std::string application;
    std::string method;
    std::string path;
    unsigned status = 0;
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
};

/// Its destructor fails the test if a secret was logged.
class RecordingLog final : public Log {
public:
    ~RecordingLog() override;
    void event(Severity severity, std::string_view message, std::string_view request_id) override;
    void access(const AccessRecord& record) override;
    std::vector<LoggedAccess> accesses() const;

private:
    mutable std::mutex mutex_;
    std::vector<LoggedAccess> accesses_;
    std::string text_; ///< all texts that a log could contain
};

/// Waits until another thread fulfils the condition; returns false after 30,000 attempts, a millisecond
/// apart.
bool eventually(const std::function<bool()>& condition);

/// Options for tests: a free port, two threads.
ServerOptions test_options();

struct RunningServer {
    explicit RunningServer(ServerOptions options = test_options());
    /// Opens the gates, so that no thread stays blocked.
    ~RunningServer();
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    RawConnection connect() const { return RawConnection{server->port()}; }
    /// Puts a picture for a person; throws if the status isn't 200.
    void put(int person, std::span<const std::byte> picture) const;
    RawResponse get(int person) const;
    /// Whether a request on a new connection is answered; checked after every hostile request.
    bool still_serves() const;
    void wait_for_no_connections() const;

    std::shared_ptr<HeldStore> store = std::make_shared<HeldStore>();
    std::shared_ptr<HeldAuthenticator> authenticator = std::make_shared<HeldAuthenticator>();
    std::shared_ptr<RecordingLog> log = std::make_shared<RecordingLog>();
    std::shared_ptr<Endpoint> endpoint;
    std::unique_ptr<Server> server;
};

/// Returns the fields with `Authorization` of tje0.
RawFields signed_in(RawFields more = {});
/// Returns a request with these fields.
std::string signed_in_request(std::string_view method, std::string_view target, RawFields more = {},
                              std::string_view body = {});
std::string image_path(int person);
std::string_view text_of(std::span<const std::byte> bytes);

} // namespace portrait::http::testing
