#include "values/awaited.hpp"
#include "values/required.hpp"

#include <portrait/pictures_in_use.hpp>
#include <portrait/probe.hpp>
#include <portrait/rendition_service.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace portrait {

/// One rendering and everybody who waits for it.
struct RenditionService::Flight {
    struct Subject {
        std::optional<ImageVersion> version;
        Placeholder placeholder{}; ///< when there is no version

        friend bool operator==(const Subject&, const Subject&) = default;
    };

    struct Outcome {
        std::optional<ImageInfo> info; ///< absent of a placeholder
        RenderedImage image;
    };
    /// Tells the flight that somebody doesn't wait any more; the last one stops it.
    struct Leave {
        std::shared_ptr<Flight> flight;
        void operator()() const {
            if (--flight->wanted == 0)
                flight->stop.request_stop();
        }
    };
    struct Waiting {
        Completion<Outcome> completion;
        std::optional<std::stop_callback<Leave>> watch;
    };

    Flight(const Subject& made_of, const Rendition& made_as)
        : subject{made_of}
        , rendition{made_as} {}

    Subject subject;
    Rendition rendition;
    std::atomic<std::size_t> wanted{1};            ///< by so many; 0 is final
    std::vector<std::shared_ptr<Waiting>> waiting; ///< under the mutex of `State`
    std::stop_source stop;

    bool join() noexcept {
        auto count = wanted.load();
        while (count != 0 && !wanted.compare_exchange_weak(count, count + 1)) {
        }
        return count != 0;
    }
};

struct RenditionService::State {
    struct InUseKey {
        BlobId blob_id;
        std::int64_t blob_version = 0;
        Rendition rendition;

        friend bool operator==(const InUseKey&, const InUseKey&) = default;

        struct Hash {
            std::size_t operator()(const InUseKey& key) const noexcept {
                const auto sides =
                    std::uint64_t{key.rendition.width.value_or(0)} << 32U | key.rendition.height.value_or(0);
                return std::hash<std::uint64_t>{}(static_cast<std::uint64_t>(key.blob_id.value()) * 31 +
                                                  static_cast<std::uint64_t>(key.blob_version)) ^
                       std::hash<std::uint64_t>{}(sides * 0x9E3779B97F4A7C15ULL);
            }
        };
    };

    std::shared_ptr<ImageCache> cache;
    /// Renditions that the cache doesn't keep, such as large ones, while answers with them are being sent.
    mutable PicturesInUse<InUseKey, RenderedImage, InUseKey::Hash> in_use;
    std::mutex mutex;
    std::list<std::shared_ptr<Flight>> flights; // few: no more than are rendered or wait to be

    std::optional<RenderedImage> find(const ImageInfo& info, const Rendition& rendition) const {
        if (cache)
            if (auto kept = cache->find(ImageCache::BytesKey{info.blob_id, info.blob_version, rendition}))
                return kept;
        return in_use.find({info.blob_id, info.blob_version, rendition});
    }

    /// Returns the rendition to answer with.
    RenderedImage keep(const ImageInfo& info, const Rendition& rendition, RenderedImage made,
                       ImageCache::Moment read_at) const {
        made = in_use.share({info.blob_id, info.blob_version, rendition}, std::move(made));
        if (cache)
            cache->keep(ImageCache::BytesKey{info.blob_id, info.blob_version, rendition}, made, read_at);
        return made;
    }

    std::optional<RenderedImage> find(Placeholder kind, const Rendition& rendition) const {
        return cache ? cache->find(ImageCache::PlaceholderKey{kind, rendition}) : std::nullopt;
    }

    /// The flight, when it is a new one that has to take off.
    std::shared_ptr<Flight> board(const Flight::Subject& subject, const Rendition& rendition,
                                  std::stop_token stop, Completion<Flight::Outcome> completion) {
        const auto waiting = std::make_shared<Flight::Waiting>();
        waiting->completion = std::move(completion);
        const auto [flight, first] = flight_of(subject, rendition, waiting);
        // Nobody but this thread and the destructor touches the watch, whenever the flight lands.
        waiting->watch.emplace(std::move(stop), Flight::Leave{flight});
        return first ? flight : nullptr;
    }

    void land(const std::shared_ptr<Flight>& flight, const result<Flight::Outcome>& outcome) {
        std::vector<std::shared_ptr<Flight::Waiting>> waiting;
        {
            const std::lock_guard lock{mutex};
            flights.remove(flight);
            waiting.swap(flight->waiting);
        }
        for (const auto& one : waiting)
            one->completion(outcome);
    }

private:
    std::pair<std::shared_ptr<Flight>, bool> flight_of(const Flight::Subject& subject,
                                                       const Rendition& rendition,
                                                       const std::shared_ptr<Flight::Waiting>& waiting) {
        const std::lock_guard lock{mutex};
        for (const auto& flight : flights) {
            if (flight->subject == subject && flight->rendition == rendition && flight->join()) {
                flight->waiting.push_back(waiting);
                return {flight, false};
            }
        }
        auto flight = std::make_shared<Flight>(subject, rendition);
        flight->waiting.push_back(waiting);
        flights.push_back(flight);
        return {std::move(flight), true};
    }
};

namespace {

/// What a port has thrown, as an error; to be called in a `catch`.
Error thrown_by(const std::string& work) {
    auto cause = work + " threw";
    try {
        throw;
    } catch (const std::exception& exception) {
        cause += std::string{": "} + exception.what();
    } catch (...) { // NOLINT(bugprone-empty-catch): there is nothing more to say
    }
    return Error{errc::internal}.with_cause(std::move(cause));
}

} // namespace

RenditionService::RenditionService(std::shared_ptr<const PersonImageService> images,
                                   std::shared_ptr<const ImageRenderer> renderer,
                                   std::shared_ptr<ImageCache> cache)
    : images_{required(std::move(images), "RenditionService needs a PersonImageService")}
    , renderer_{required(std::move(renderer), "RenditionService needs a renderer")}
    , state_{std::make_shared<State>()} {
    state_->cache = std::move(cache);
}

RenditionService::~RenditionService() = default;

std::optional<ImageRendition> RenditionService::cached(PersonId person_id, const Rendition& rendition) const {
    auto info = images_->cached_info(person_id);
    if (!info)
        return std::nullopt;
    auto image = state_->find(*info, rendition);
    if (!image)
        return std::nullopt;
    return ImageRendition{*std::move(info), *std::move(image)};
}

std::optional<RenderedImage> RenditionService::cached(const ImageInfo& info,
                                                      const Rendition& rendition) const {
    return state_->find(info, rendition);
}

void RenditionService::submit(PersonId person_id, const Rendition& rendition, std::stop_token stop,
                              Completion<ImageRendition> completion) const {
    const auto info = images_->info(person_id);
    if (!info)
        return completion(info.error());
    submit(person_id, *info, rendition, std::move(stop), std::move(completion));
}

void RenditionService::submit(PersonId person_id, const ImageInfo& info, const Rendition& rendition,
                              std::stop_token stop, Completion<ImageRendition> completion) const {
    if (auto image = state_->find(info, rendition))
        return completion(ImageRendition{info, *std::move(image)});
    const auto flight =
        state_->board({info.version()}, rendition, std::move(stop),
                      [completion = std::move(completion)](result<Flight::Outcome> made) {
                          if (made)
                              completion(ImageRendition{*std::move(made->info), std::move(made->image)});
                          else
                              completion(made.error());
                      });
    if (!flight)
        return;
    // Another flight may have landed between the look and the boarding.
    if (auto image = state_->find(info, rendition))
        return state_->land(flight, Flight::Outcome{info, *std::move(image)});
    try {
        take_off(flight, person_id);
    } catch (...) {
        state_->land(flight, thrown_by("rendering a picture"));
    }
}

void RenditionService::take_off(const std::shared_ptr<Flight>& flight, PersonId person_id) const {
    // What was read, and when; written on the thread that renders and read there after it.
    struct Source {
        std::optional<ImageInfo> info;
        ImageCache::Moment read_at{};
    };
    const auto source = std::make_shared<Source>();
    auto read = [images = images_, state = state_, flight, person_id, source]() -> result<RenderImage> {
        try {
            source->read_at = state->cache ? state->cache->now() : ImageCache::Moment{};
            auto stored = images->image(person_id);
            if (!stored)
                return stored.error();
            const auto header = probe(stored->bytes);
            if (!header)
                return header.error();
            source->info = std::move(stored->info);
            return RenderImage{.bytes = std::move(stored->bytes),
                               .header = *header,
                               .rendition = flight->rendition,
                               .stop = flight->stop.get_token()};
        } catch (...) {
            return thrown_by("reading a picture");
        }
    };
    renderer_->submit({.read = std::move(read), .stop = flight->stop.get_token()},
                      [state = state_, flight, source](result<RenderedImage> made) {
                          if (!made)
                              return state->land(flight, made.error());
                          auto image = state->keep(*source->info, flight->rendition, *std::move(made),
                                                   source->read_at);
                          state->land(flight, Flight::Outcome{std::move(source->info), std::move(image)});
                      });
}

result<ImageRendition> RenditionService::rendition(PersonId person_id, const Rendition& rendition) const {
    return awaited<result<ImageRendition>>([&](Completion<ImageRendition> completion) {
        submit(person_id, rendition, {}, std::move(completion));
    });
}

std::optional<RenderedImage> RenditionService::cached(Placeholder kind, const Rendition& rendition) const {
    return state_->find(kind, rendition);
}

void RenditionService::submit(Placeholder kind, const Rendition& rendition, std::stop_token stop,
                              Completion<RenderedImage> completion) const {
    if (auto image = state_->find(kind, rendition))
        return completion(*std::move(image));
    const auto flight = state_->board({{}, kind}, rendition, std::move(stop),
                                      [completion = std::move(completion)](result<Flight::Outcome> made) {
                                          if (made)
                                              completion(std::move(made->image));
                                          else
                                              completion(made.error());
                                      });
    if (!flight)
        return;
    if (auto image = state_->find(kind, rendition))
        return state_->land(flight, Flight::Outcome{{}, *std::move(image)});
    try {
        take_off(flight, kind);
    } catch (...) {
        state_->land(flight, thrown_by("drawing a placeholder"));
    }
}

void RenditionService::take_off(const std::shared_ptr<Flight>& flight, Placeholder kind) const {
    renderer_->submit_placeholder(
        kind, flight->rendition, flight->stop.get_token(),
        [state = state_, flight, kind](result<RenderedImage> drawn) {
            if (!drawn)
                return state->land(flight, drawn.error());
            if (state->cache)
                state->cache->keep(ImageCache::PlaceholderKey{kind, flight->rendition}, *drawn);
            state->land(flight, Flight::Outcome{{}, *std::move(drawn)});
        });
}

result<RenderedImage> RenditionService::placeholder(Placeholder kind, const Rendition& rendition) const {
    return awaited<result<RenderedImage>>(
        [&](Completion<RenderedImage> completion) { submit(kind, rendition, {}, std::move(completion)); });
}

} // namespace portrait
