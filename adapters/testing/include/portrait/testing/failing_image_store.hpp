#pragma once

#include <portrait/export.hpp>
#include <portrait/forwarding_image_store.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace portrait::testing {

/// Forwards to another store, and fails on demand: for tests of your error handling. A call that fails
/// doesn't reach the other store. Thread-safe when that store is.
///
/// ```cpp
/// const auto store = std::make_shared<FailingImageStore>(std::make_shared<MemoryImageStore>());
/// PersonImageService service{store, std::make_shared<AnyPersonDirectory>()};
/// store->fail_call(2, errc::store_full); // the next call succeeds, the one after it fails
/// ```
class PORTRAIT_EXPORT FailingImageStore final : public ForwardingImageStore {
public:
    /// A null store throws `std::invalid_argument`.
    using ForwardingImageStore::ForwardingImageStore;

    /// Fails the n-th call from now on, and no other; 1 is the next one. Counts every member but
    /// `cached_image`, `cached_info`, `epoch` and `writable`; a `save` and its `submit` are one. Replaces an
    /// earlier `fail_call` or `throw_at_call`. 0 throws `std::invalid_argument`.
    void fail_call(std::uint64_t n, Error error) {
        set_failing_call(n, [error = std::move(error)] { return error; });
    }
    /// As `fail_call`, but the n-th call throws a `std::runtime_error` with this text, which a port should
    /// never do.
    void throw_at_call(std::uint64_t n, std::string what) {
        set_failing_call(n, [what = std::move(what)]() -> Error { throw std::runtime_error{what}; });
    }
    /// Fails every call from now on, `writable` included.
    void fail_all(Error error) {
        const std::lock_guard lock{mutex_};
        every_call_ = std::move(error);
    }
    /// Fails no further call.
    void recover() {
        const std::lock_guard lock{mutex_};
        failing_call_ = 0;
        every_call_.reset();
    }
    /// Calls counted since the store was made, failed ones included.
    std::uint64_t calls() const {
        const std::lock_guard lock{mutex_};
        return calls_;
    }

    void submit(SaveImage command, Completion<SavedImage> completion) override {
        if (auto error = next_error())
            return completion(*std::move(error));
        next().submit(std::move(command), std::move(completion));
    }
    [[nodiscard]] result<StoredImage> image(ImageKey key) const override {
        return forward([&] { return next().image(key); });
    }
    void fetch(ImageKey key, Completion<StoredImage> completion) const override {
        if (auto error = next_error())
            return completion(*std::move(error));
        next().fetch(key, std::move(completion));
    }
    [[nodiscard]] result<ImageInfo> info(ImageKey key) const override {
        return forward([&] { return next().info(key); });
    }
    [[nodiscard]] result<std::vector<std::optional<ImageInfo>>>
    infos(std::span<const PersonId> persons) const override {
        return forward([&] { return next().infos(persons); });
    }
    [[nodiscard]] result<std::vector<PersonId>> persons_with_image(std::optional<PersonId> after,
                                                                   std::size_t limit) const override {
        return forward([&] { return next().persons_with_image(after, limit); });
    }
    /// Nothing while every call fails.
    std::optional<StoredImage> cached_image(PersonId person_id) const override {
        return error_of_all() ? std::nullopt : next().cached_image(person_id);
    }
    /// Nothing while every call fails.
    std::optional<ImageInfo> cached_info(PersonId person_id) const override {
        return error_of_all() ? std::nullopt : next().cached_info(person_id);
    }
    [[nodiscard]] result<ImageInfo> update_info(UpdateImageInfo command) override {
        return forward([&] { return next().update_info(std::move(command)); });
    }
    [[nodiscard]] result<RemovedImage> remove(RemoveImage command) override {
        return forward([&] { return next().remove(std::move(command)); });
    }
    [[nodiscard]] result<ImageInfo> link(LinkImage command) override {
        return forward([&] { return next().link(std::move(command)); });
    }
    [[nodiscard]] result<std::optional<BlobId>> unlink(UnlinkImage command) override {
        return forward([&] { return next().unlink(std::move(command)); });
    }
    [[nodiscard]] result<ErasedImage> erase(EraseImage command) override {
        return forward([&] { return next().erase(std::move(command)); });
    }
    [[nodiscard]] result<std::optional<Erasure>> last_erasure(PersonId person_id) const override {
        return forward([&] { return next().last_erasure(person_id); });
    }
    [[nodiscard]] result<std::int64_t> erasures() const override {
        return forward([&] { return next().erasures(); });
    }
    [[nodiscard]] result<void> writable() const override {
        auto error = error_of_all();
        return error ? *std::move(error) : next().writable();
    }

private:
    void set_failing_call(std::uint64_t n, std::function<Error()> fail) {
        if (n == 0)
            throw std::invalid_argument{"Calls are counted from 1; got 0"};
        const std::lock_guard lock{mutex_};
        failing_call_ = calls_ + n;
        fail_ = std::move(fail);
    }
    std::optional<Error> error_of_all() const {
        const std::lock_guard lock{mutex_};
        return every_call_;
    }
    /// Counts a call and returns its error, if it fails.
    std::optional<Error> next_error() const {
        const std::lock_guard lock{mutex_};
        ++calls_;
        return every_call_ || calls_ != failing_call_ ? every_call_ : fail_();
    }
    template<class Call>
    auto forward(const Call& call) const -> decltype(call()) {
        if (auto error = next_error())
            return *std::move(error);
        return call();
    }

    mutable std::mutex mutex_;
    mutable std::uint64_t calls_ = 0;
    std::uint64_t failing_call_ = 0; // 0: none, since calls are counted from 1
    std::function<Error()> fail_;
    std::optional<Error> every_call_;
};

} // namespace portrait::testing
