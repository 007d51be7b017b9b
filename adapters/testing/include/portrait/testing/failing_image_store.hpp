#pragma once

#include <portrait/export.hpp>
#include <portrait/forwarding_image_store.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace portrait::testing {

/// Forwards to another store until it is told to fail: for tests of what your code does then. A call that
/// fails never reaches the store underneath, so nothing of it is visible. Thread-safe when that store is.
class PORTRAIT_EXPORT FailingImageStore final : public ForwardingImageStore {
public:
    /// A null store throws `std::invalid_argument`.
    explicit FailingImageStore(std::shared_ptr<ImageStore> store);
    ~FailingImageStore() override;

    /// The n-th call from now on fails with this error, the ones before and after it don't; 1 is the next
    /// one. Counts every member but `cached_image`, `cached_info` and `writable`; a `save` and its `submit`
    /// are one. Replaces an earlier demand. 0 throws `std::invalid_argument`.
    void fail_call(std::uint64_t n, Error error);
    /// As `fail_call`, but the n-th call throws a `std::runtime_error` of this text: what a port shouldn't
    /// do.
    void throw_at_call(std::uint64_t n, std::string what);
    /// Every call fails from now on, and `writable` says the same.
    void fail_all(Error error);
    /// Forwards everything again.
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
    class PORTRAIT_HIDDEN Faults;

    std::unique_ptr<Faults> faults_;
};

} // namespace portrait::testing
