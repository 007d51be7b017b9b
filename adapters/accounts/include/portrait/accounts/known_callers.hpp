#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/http/secret_digest.hpp>
#include <portrait/http/sign_in_counter.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

namespace portrait::http {

/// Reads a key of 256 random bits from a file. Makes it (0600) when there is none: atomic and durable, and
/// two processes that do so at the same time get the same key. A file that every user of the machine can read
/// or change is refused. Errors: `file_invalid`, `store_io`.
[[nodiscard]] PORTRAIT_EXPORT result<SecretDigest> open_key_file(const std::filesystem::path& path);

/// Options of `KnownCallersFile`.
struct KnownCallersFileOptions {
    std::chrono::milliseconds interval{30'000}; ///< between looks for new pairs
    /// Called when the file can't be written; the next look retries. Runs on a separate thread, or on that of
    /// the destructor; must not throw.
    std::function<void(const Error&)> on_fault{};
};

/// Keeps the pairs of network and name that a `MemorySignInCounter` knows in a file, so that a restart in the
/// middle of a flood doesn't put the users behind the guesses. The file has keyed digests: no address and no
/// name. It is written within half a minute after a new pair, and by the destructor.
///
/// ```
/// auto counter = std::make_shared<MemorySignInCounter>(limits);
/// const auto key = open_key_file("data/sign-in.key").value();
/// const auto file = KnownCallersFile::open("data/known-callers", key, counter).value();
/// ```
class PORTRAIT_EXPORT KnownCallersFile {
public:
    /// Restores the counter from the file, which may be missing. A damaged file counts as missing; it is
    /// replaced.
    [[nodiscard]] static result<std::unique_ptr<KnownCallersFile>>
    open(const std::filesystem::path& path, const SecretDigest& key,
         std::shared_ptr<MemorySignInCounter> counter, KnownCallersFileOptions options = {});
    ~KnownCallersFile();

private:
    class PORTRAIT_HIDDEN State;
    explicit KnownCallersFile(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

} // namespace portrait::http
