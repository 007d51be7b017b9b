#include <portrait/testing/failing_image_store.hpp>

#include <mutex>
#include <stdexcept>
#include <utility>

namespace portrait::testing {

struct FailingImageStore::Faults {
    std::mutex mutex;
    std::uint64_t calls = 0;
    std::uint64_t failing_call = 0; // 0: none, since calls are counted from 1
    std::optional<Error> error;     // absent: the call throws
    std::string thrown;
    std::optional<Error> every_call;

    void set_call(std::uint64_t n, std::optional<Error> wanted, std::string text) {
        if (n == 0)
            throw std::invalid_argument{"Calls are counted from 1; got 0"};
        const std::lock_guard lock{mutex};
        failing_call = calls + n;
        error = std::move(wanted);
        thrown = std::move(text);
    }

    std::optional<Error> error_of_all() {
        const std::lock_guard lock{mutex};
        return every_call;
    }

    /// Counts a call and returns its error, if it fails.
    std::optional<Error> next_call() {
        const std::lock_guard lock{mutex};
        ++calls;
        if (every_call || calls != failing_call)
            return every_call;
        if (!error)
            throw std::runtime_error{thrown};
        return error;
    }

    template<class Call>
    auto forward(const Call& call) -> decltype(call()) {
        if (auto failure = next_call())
            return *std::move(failure);
        return call();
    }
};

FailingImageStore::FailingImageStore(std::shared_ptr<ImageStore> store)
    : ForwardingImageStore{std::move(store)}
    , faults_{std::make_unique<Faults>()} {}

FailingImageStore::~FailingImageStore() = default;

void FailingImageStore::fail_call(std::uint64_t n, Error error) {
    faults_->set_call(n, std::move(error), {});
}

void FailingImageStore::throw_at_call(std::uint64_t n, std::string what) {
    faults_->set_call(n, std::nullopt, std::move(what));
}

void FailingImageStore::fail_all(Error error) {
    const std::lock_guard lock{faults_->mutex};
    faults_->every_call = std::move(error);
}

void FailingImageStore::recover() {
    const std::lock_guard lock{faults_->mutex};
    faults_->failing_call = 0;
    faults_->every_call.reset();
}

std::uint64_t FailingImageStore::calls() const {
    const std::lock_guard lock{faults_->mutex};
    return faults_->calls;
}

void FailingImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    if (auto error = faults_->next_call())
        return completion(*std::move(error));
    next().submit(std::move(command), std::move(completion));
}

result<StoredImage> FailingImageStore::image(ImageKey key) const {
    return faults_->forward([&] { return next().image(key); });
}

result<ImageInfo> FailingImageStore::info(ImageKey key) const {
    return faults_->forward([&] { return next().info(key); });
}

result<std::vector<std::optional<ImageInfo>>>
FailingImageStore::infos(std::span<const PersonId> persons) const {
    return faults_->forward([&] { return next().infos(persons); });
}

std::optional<StoredImage> FailingImageStore::cached_image(PersonId person_id) const {
    return faults_->error_of_all() ? std::nullopt : next().cached_image(person_id);
}

std::optional<ImageInfo> FailingImageStore::cached_info(PersonId person_id) const {
    return faults_->error_of_all() ? std::nullopt : next().cached_info(person_id);
}

result<ImageInfo> FailingImageStore::update_info(UpdateImageInfo command) {
    return faults_->forward([&] { return next().update_info(std::move(command)); });
}

result<RemovedImage> FailingImageStore::remove(RemoveImage command) {
    return faults_->forward([&] { return next().remove(std::move(command)); });
}

result<ImageInfo> FailingImageStore::link(LinkImage command) {
    return faults_->forward([&] { return next().link(std::move(command)); });
}

result<std::optional<BlobId>> FailingImageStore::unlink(UnlinkImage command) {
    return faults_->forward([&] { return next().unlink(std::move(command)); });
}

result<void> FailingImageStore::writable() const {
    if (auto error = faults_->error_of_all())
        return *std::move(error);
    return next().writable();
}

} // namespace portrait::testing
