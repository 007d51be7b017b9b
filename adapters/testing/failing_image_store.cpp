#include <portrait/testing/failing_image_store.hpp>

#include <mutex>
#include <stdexcept>
#include <utility>

namespace portrait::testing {

class FailingImageStore::Faults {
public:
    void at_call(std::uint64_t n, std::optional<Error> error, std::string thrown) {
        if (n == 0)
            throw std::invalid_argument{"calls are counted from 1"};
        const std::lock_guard lock{mutex_};
        failing_call_ = calls_ + n;
        error_ = std::move(error);
        thrown_ = std::move(thrown);
    }

    void at_all_calls(Error error) {
        const std::lock_guard lock{mutex_};
        every_call_ = std::move(error);
    }

    void clear() {
        const std::lock_guard lock{mutex_};
        failing_call_ = 0;
        every_call_.reset();
    }

    std::uint64_t calls() const {
        const std::lock_guard lock{mutex_};
        return calls_;
    }

    std::optional<Error> every_call() const {
        const std::lock_guard lock{mutex_};
        return every_call_;
    }

    /// Counts a call and says whether it fails.
    std::optional<Error> next_call() {
        const std::lock_guard lock{mutex_};
        ++calls_;
        if (every_call_)
            return every_call_;
        if (calls_ != failing_call_)
            return std::nullopt;
        if (!error_)
            throw std::runtime_error{thrown_};
        return error_;
    }

private:
    mutable std::mutex mutex_;
    std::uint64_t calls_ = 0;
    std::uint64_t failing_call_ = 0; // 0: none, since calls are counted from 1
    std::optional<Error> error_;     // absent: the call throws
    std::string thrown_;
    std::optional<Error> every_call_;
};

FailingImageStore::FailingImageStore(std::shared_ptr<ImageStore> store)
    : ForwardingImageStore{std::move(store)}
    , faults_{std::make_unique<Faults>()} {}

FailingImageStore::~FailingImageStore() = default;

void FailingImageStore::fail_call(std::uint64_t n, Error error) {
    faults_->at_call(n, std::move(error), {});
}

void FailingImageStore::throw_at_call(std::uint64_t n, std::string what) {
    faults_->at_call(n, std::nullopt, std::move(what));
}

void FailingImageStore::fail_all(Error error) {
    faults_->at_all_calls(std::move(error));
}

void FailingImageStore::recover() {
    faults_->clear();
}

std::uint64_t FailingImageStore::calls() const {
    return faults_->calls();
}

void FailingImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    if (auto error = faults_->next_call())
        return completion(*std::move(error));
    next().submit(std::move(command), std::move(completion));
}

result<StoredImage> FailingImageStore::image(ImageKey key) const {
    if (auto error = faults_->next_call())
        return *std::move(error);
    return next().image(key);
}

result<ImageInfo> FailingImageStore::info(ImageKey key) const {
    if (auto error = faults_->next_call())
        return *std::move(error);
    return next().info(key);
}

result<std::vector<std::optional<ImageInfo>>>
FailingImageStore::infos(std::span<const PersonId> persons) const {
    if (auto error = faults_->next_call())
        return *std::move(error);
    return next().infos(persons);
}

std::optional<StoredImage> FailingImageStore::cached_image(PersonId person_id) const {
    if (faults_->every_call())
        return std::nullopt;
    return next().cached_image(person_id);
}

std::optional<ImageInfo> FailingImageStore::cached_info(PersonId person_id) const {
    if (faults_->every_call())
        return std::nullopt;
    return next().cached_info(person_id);
}

result<ImageInfo> FailingImageStore::update_info(UpdateImageInfo command) {
    if (auto error = faults_->next_call())
        return *std::move(error);
    return next().update_info(std::move(command));
}

result<RemovedImage> FailingImageStore::remove(RemoveImage command) {
    if (auto error = faults_->next_call())
        return *std::move(error);
    return next().remove(std::move(command));
}

result<ImageInfo> FailingImageStore::link(LinkImage command) {
    if (auto error = faults_->next_call())
        return *std::move(error);
    return next().link(std::move(command));
}

result<std::optional<BlobId>> FailingImageStore::unlink(UnlinkImage command) {
    if (auto error = faults_->next_call())
        return *std::move(error);
    return next().unlink(std::move(command));
}

result<void> FailingImageStore::writable() const {
    if (auto error = faults_->every_call())
        return *std::move(error);
    return next().writable();
}

} // namespace portrait::testing
