#pragma once

#include <portrait/export.hpp>
#include <portrait/forwarding_image_store.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

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
    explicit FailingImageStore(std::shared_ptr<ImageStore> store);
    ~FailingImageStore() override;

    /// Fails the n-th call from now on, and no other; 1 is the next one. Counts every member but
    /// `cached_image`, `cached_info` and `writable`; a `save` and its `submit` are one. Replaces an earlier
    /// `fail_call` or `throw_at_call`. 0 throws `std::invalid_argument`.
    void fail_call(std::uint64_t n, Error error);
    /// As `fail_call`, but the n-th call throws a `std::runtime_error` with this text, which a port should
    /// never do.
    void throw_at_call(std::uint64_t n, std::string what);
    /// Fails every call from now on, `writable` included.
    void fail_all(Error error);
    /// Fails no further call.
    void recover();
    /// Calls counted since the store was made, failed ones included.
    std::uint64_t calls() const;

    void submit(SaveImage command, Completion<SavedImage> completion) override;
    [[nodiscard]] result<StoredImage> image(ImageKey key) const override;
    [[nodiscard]] result<ImageInfo> info(ImageKey key) const override;
    [[nodiscard]] result<std::vector<std::optional<ImageInfo>>>
    infos(std::span<const PersonId> persons) const override;
    /// Nothing while every call fails.
    std::optional<StoredImage> cached_image(PersonId person_id) const override;
    /// Nothing while every call fails.
    std::optional<ImageInfo> cached_info(PersonId person_id) const override;
    [[nodiscard]] result<ImageInfo> update_info(UpdateImageInfo command) override;
    [[nodiscard]] result<RemovedImage> remove(RemoveImage command) override;
    [[nodiscard]] result<ImageInfo> link(LinkImage command) override;
    [[nodiscard]] result<std::optional<BlobId>> unlink(UnlinkImage command) override;
    [[nodiscard]] result<void> writable() const override;

private:
    struct PORTRAIT_HIDDEN Faults;

    std::unique_ptr<Faults> faults_;
};

} // namespace portrait::testing
