#include "text_file.hpp"

#include <portrait/accounts/known_callers.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <sys/stat.h>

namespace portrait::http {
namespace {

constexpr std::string_view key_file_name = "key file of sign-ins";
constexpr std::string_view known_file_name = "file of known callers";

/// The digests of a file with one on each line; those before the first damaged line.
std::vector<SecretDigest> digests_in(std::string_view text) {
    std::vector<SecretDigest> digests;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto digest = parse_hexadecimal(text.substr(0, end));
        if (!digest || end == std::string_view::npos)
            break;
        digests.push_back(*digest);
        text.remove_prefix(end + 1);
    }
    return digests;
}

std::string lines_of(std::span<const SecretDigest> digests) {
    std::string text;
    for (const auto& digest : digests)
        text.append(hexadecimal(digest)).append(1, '\n');
    return text;
}

} // namespace

result<SecretDigest> open_key_file(const std::filesystem::path& path) {
    std::optional<SecretDigest> key;
    const auto read_or_make = [&key](const std::string& text) -> result<std::string> {
        // An empty file is one whose maker has crashed.
        if (text.empty()) {
            key = random_bytes();
            return lines_of({&*key, 1});
        }
        const auto digests = digests_in(text);
        if (digests.size() != 1 || lines_of(digests) != text)
            return Error{errc::file_invalid,
                         "The key file of sign-ins must have one line of 64 hexadecimal digits; "
                         "remove it to get a new one"};
        key = digests.front();
        return text;
    };
    if (auto changed = change_file(path, key_file_name, read_or_make); !changed)
        return changed.error();
    if ((stat_file(path.c_str()).stamp.mode & mode_t{S_IRWXO}) != 0)
        return Error{errc::file_invalid,
                     "The key file of sign-ins can be read or changed by every user of this "
                     "machine; remove that by chmod 600"};
    return *key;
}

class KnownCallersFile::State {
public:
    State(std::filesystem::path path, std::shared_ptr<MemorySignInCounter> counter,
          KnownCallersFileOptions options)
        : path_{std::move(path)}
        , counter_{std::move(counter)}
        , options_{std::move(options)}
        , written_{counter_->known()}
        , thread_{[this](const std::stop_token& stop) { run(stop); }} {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        thread_.request_stop();
        thread_.join();
        save();
    }

private:
    void run(const std::stop_token& stop) {
        std::unique_lock lock{mutex_};
        while (!awake_.wait_for(lock, stop, options_.interval, [&] { return stop.stop_requested(); }))
            if (!stop.stop_requested())
                save();
    }

    /// Without memory the next call saves.
    void save() noexcept try {
        auto known = counter_->known();
        if (known == written_)
            return;
        const auto saved =
            change_file(path_, known_file_name,
                        [&](const std::string&) -> result<std::string> { return lines_of(known); });
        if (saved)
            written_ = std::move(known);
        else if (options_.on_fault)
            options_.on_fault(saved.error());
        // NOLINTNEXTLINE(bugprone-empty-catch): as above
    } catch (const std::bad_alloc&) {
    }

    const std::filesystem::path path_;
    const std::shared_ptr<MemorySignInCounter> counter_;
    const KnownCallersFileOptions options_;
    std::vector<SecretDigest> written_; ///< of the thread, and later of the destructor
    std::mutex mutex_;
    std::condition_variable_any awake_;
    std::jthread thread_; // the last member: it uses the others
};

result<std::unique_ptr<KnownCallersFile>> KnownCallersFile::open(const std::filesystem::path& path,
                                                                 const SecretDigest& key,
                                                                 std::shared_ptr<MemorySignInCounter> counter,
                                                                 KnownCallersFileOptions options) {
    std::vector<SecretDigest> known;
    if (stat_file(path.c_str()).fault != FileOutcome::Fault::absent) {
        const auto text = read_text_file(path, known_file_name);
        if (!text)
            return text.error();
        known = digests_in(*text);
    }
    // A key for this use alone.
    counter->restore(hmac_sha256(key, "known callers"), known);
    return std::unique_ptr<KnownCallersFile>{
        new KnownCallersFile{std::make_unique<State>(path, std::move(counter), std::move(options))}};
}

KnownCallersFile::KnownCallersFile(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}

KnownCallersFile::~KnownCallersFile() = default;

} // namespace portrait::http
