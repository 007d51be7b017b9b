// A project's own store under the conformance tests, with the project's own Catch2; and faulty stores, for
// each of which a conformance test has to fail.

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include <portrait/portrait.hpp>
#include <portrait/testing/image_store_conformance.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <utility>

using namespace portrait;
using testing::StoreSeed;

namespace {

/// A store without faults: it stores scrambled bytes in the store behind it, and returns the original ones.
class ScramblingStore final : public ForwardingImageStore {
public:
    using ForwardingImageStore::ForwardingImageStore;

    void submit(SaveImage command, Completion<SavedImage> completion) override {
        if (command.content)
            command.content->bytes = scrambled(command.content->bytes);
        next().submit(std::move(command), std::move(completion));
    }
    result<StoredImage> image(ImageKey key) const override {
        auto stored = next().image(key);
        if (stored)
            stored->bytes = scrambled(stored->bytes);
        return stored;
    }
    std::optional<StoredImage> cached_image(PersonId) const override { return std::nullopt; }

private:
    static ImageBytes scrambled(const ImageBytes& bytes) {
        std::vector<std::byte> turned{bytes.view().begin(), bytes.view().end()};
        for (auto& byte : turned)
            byte ^= std::byte{0x5a};
        return ImageBytes{std::move(turned)};
    }
};

/// Ignores preconditions.
class UnconditionalStore final : public ForwardingImageStore {
public:
    using ForwardingImageStore::ForwardingImageStore;
    void submit(SaveImage command, Completion<SavedImage> completion) override {
        command.precondition = {};
        next().submit(std::move(command), std::move(completion));
    }
};

/// Returns a cached picture after it has been replaced.
class StaleStore final : public ForwardingImageStore {
public:
    using ForwardingImageStore::ForwardingImageStore;
    std::optional<StoredImage> cached_image(PersonId person_id) const override {
        const std::lock_guard lock{mutex_};
        if (const auto found = kept_.find(person_id); found != kept_.end())
            return found->second;
        auto read = next().image(person_id);
        return read ? std::optional{kept_.emplace(person_id, *std::move(read)).first->second} : std::nullopt;
    }

private:
    mutable std::mutex mutex_;
    mutable std::map<PersonId, StoredImage> kept_;
};

/// Saves twice and calls the completion twice.
class RepeatingStore final : public ForwardingImageStore {
public:
    using ForwardingImageStore::ForwardingImageStore;
    void submit(SaveImage command, Completion<SavedImage> completion) override {
        next().submit(command, completion);
        next().submit(std::move(command), std::move(completion));
    }
};

/// Deletes the description in each change of texts.
class TextLosingStore final : public ForwardingImageStore {
public:
    using ForwardingImageStore::ForwardingImageStore;
    result<ImageInfo> update_info(UpdateImageInfo command) override {
        command.description = "";
        return next().update_info(std::move(command));
    }
};

template<class Store>
std::shared_ptr<ImageStore> over_memory(const StoreSeed& seed) {
    return std::make_shared<Store>(std::make_shared<MemoryImageStore>(seed.first_blob_id, seed.audit));
}

} // namespace

TEST_CASE("a project's own store passes the conformance tests of ImageStore") {
    testing::image_store_conformance(over_memory<ScramblingStore>);
}

TEST_CASE("a store without a first blob id and a log passes, without the tests of these") {
    testing::image_store_conformance([](const StoreSeed& seed) {
        return seed.first_blob_id || seed.audit ? nullptr : std::make_shared<MemoryImageStore>();
    });
}

TEST_CASE("unconditional", "[.][faulty]") {
    testing::image_store_conformance(over_memory<UnconditionalStore>);
}
TEST_CASE("stale", "[.][faulty]") {
    testing::image_store_conformance(over_memory<StaleStore>);
}
TEST_CASE("repeating", "[.][faulty]") {
    testing::image_store_conformance(over_memory<RepeatingStore>);
}
TEST_CASE("text_losing", "[.][faulty]") {
    testing::image_store_conformance(over_memory<TextLosingStore>);
}
