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

/// A real server over the memory store on a free port, with a store and an authenticator that tests can hold
/// up.
namespace portrait::http::testing {

using portrait::testing::RawConnection;
using portrait::testing::RawFields;
using portrait::testing::RawResponse;

/// Lets calls through, or holds them until it is opened. Thread-safe.
class Gate {
public:
    void close();
    void open();
    /// Called by what is to be held up.
    void pass();
    /// Waits until that many are held up.
    void wait_for_held(std::size_t count);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool closed_ = false;
    std::size_t held_ = 0;
};

/// The memory store behind a gate; can also throw, as a store with a defect would.
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

/// Knows tje0 with the password Tje0; can keep its answers back.
class HeldAuthenticator final : public Authenticator {
public:
    void authenticate(Credentials credentials, std::string_view remote_address,
                      std::function<void(AuthenticationOutcome)> done) override;
    void hold();
    void wait_for_held(std::size_t count);
    /// Answers all that wait, on the calling thread.
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

/// Fails the test, when it goes, that made it hear a secret.
class RecordingLog final : public Log {
public:
    ~RecordingLog() override;
    void event(Severity severity, std::string_view message, std::string_view request_id) override;
    void access(const AccessRecord& record) override;
    std::vector<LoggedAccess> accesses() const;

private:
    mutable std::mutex mutex_;
    std::vector<LoggedAccess> accesses_;
    std::string text_; ///< all that a log of it could say
};

/// Waits for a condition that another thread brings about; false when it didn't in a very long time.
bool eventually(const std::function<bool()>& condition);

/// Options for tests: a free port, two threads.
ServerOptions test_options();

struct RunningServer {
    explicit RunningServer(ServerOptions options = test_options());
    /// Opens the gates, so that nothing waits for them for ever.
    ~RunningServer();
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    RawConnection connect() const { return RawConnection{server->port()}; }
    /// Puts a picture for a person, which has to succeed.
    void put(int person, std::span<const std::byte> picture) const;
    RawResponse get(int person) const;
    /// Whether a new connection is served: the check after every bad case.
    bool still_serves() const;
    void wait_for_no_connections() const;

    std::shared_ptr<HeldStore> store = std::make_shared<HeldStore>();
    std::shared_ptr<HeldAuthenticator> authenticator = std::make_shared<HeldAuthenticator>();
    std::shared_ptr<RecordingLog> log = std::make_shared<RecordingLog>();
    std::shared_ptr<Endpoint> endpoint;
    std::unique_ptr<Server> server;
};

/// `Authorization` of the known user, and further fields.
RawFields signed_in(RawFields more = {});
/// A request with it.
std::string signed_in_request(std::string_view method, std::string_view target, RawFields more = {},
                              std::string_view body = {});
std::string image_path(int person);
std::string_view text_of(std::span<const std::byte> bytes);

} // namespace portrait::http::testing
