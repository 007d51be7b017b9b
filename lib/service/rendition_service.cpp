#include "cache/cache_contents.hpp"
#include "values/ports.hpp"

#include <portrait/pictures_in_use.hpp>
#include <portrait/probe.hpp>
#include <portrait/rendition_service.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <limits>
#include <list>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait {

/// One rendering and the callers that wait for it.
struct RenditionService::Rendering {
    /// Differs for each result: by `link_version`, too, since the outcome has the person's ImageInfo.
    struct Subject {
        CacheKey key;
        std::int64_t link_version = 0;

        friend bool operator==(const Subject&, const Subject&) = default;
    };
    struct Outcome {
        std::optional<ImageInfo> info; ///< absent for a placeholder
        RenderedImage image;
    };
    /// Removes a caller that requested stop; the last one stops the rendering.
    struct Leave {
        std::shared_ptr<Rendering> rendering;
        void operator()() const {
            if (--rendering->callers == 0)
                rendering->stop.request_stop();
        }
    };
    struct Waiting {
        Completion<Outcome> completion;
        std::optional<std::stop_callback<Leave>> watch;
    };

    explicit Rendering(const Subject& made_of)
        : subject{made_of} {}

    Subject subject;
    std::atomic<std::size_t> callers{1};           ///< 0 is final
    std::vector<std::shared_ptr<Waiting>> waiting; ///< under the mutex of `State`
    std::vector<std::string> clients;              ///< that it was queued for; under that mutex, too
    std::size_t queued = 0;                        ///< without those that ended; under that mutex, too
    std::atomic<bool> is_read{false};              ///< for one of the clients, until that has to wait again
    std::stop_source stop;

    bool join() noexcept {
        auto count = callers.load();
        while (count != 0 && !callers.compare_exchange_weak(count, count + 1)) {
        }
        return count != 0;
    }
};

struct RenditionService::State {
    using Subject = Rendering::Subject;
    using Outcome = Rendering::Outcome;

    std::shared_ptr<ImageCache> cache;
    /// Renditions that the cache doesn't keep, such as large ones, while answers with them are being sent.
    mutable PicturesInUse<CacheKey, RenderedImage, CacheKeyHash> in_use;
    std::mutex mutex;
    std::list<std::shared_ptr<Rendering>> renderings; // few: those that run or wait to be run

    CacheContents::Moment now() const { return cache ? cache->contents_->now() : 0; }

    std::optional<RenderedImage> find(const CacheKey& key) const {
        if (cache)
            if (auto kept = cache->contents_->find_image(key))
                return kept;
        return in_use.find(key);
    }
    std::optional<Outcome> find(const CacheKey& key, const ImageInfo* info) const {
        auto image = find(key);
        if (!image)
            return std::nullopt;
        return Outcome{info ? std::optional{*info} : std::nullopt, *std::move(image)};
    }

    /// Returns the rendition to answer with.
    RenderedImage keep(const CacheKey& key, RenderedImage made, CacheContents::Moment read_at) const {
        made = in_use.share(key, std::move(made));
        if (cache)
            cache->contents_->keep(key, made, read_at);
        return made;
    }

    /// Completes with the kept outcome, or joins the rendering of this subject, or starts one. `info` is null
    /// for a placeholder.
    template<class Start>
    void join_or_start(const CacheKey& key, const ImageInfo* info, RenderCaller caller,
                       Completion<Outcome> completion, const Start& start) {
        if (auto outcome = find(key, info))
            return completion(*std::move(outcome));
        const auto waiting = std::make_shared<Rendering::Waiting>();
        waiting->completion = std::move(completion);
        const auto [rendering, first] = joined({key, info ? info->link_version : 0}, waiting, caller.client);
        // Only this thread and the destructor touch the watch, whenever the rendering ends.
        waiting->watch.emplace(std::move(caller.stop), Rendering::Leave{rendering});
        if (!first)
            return;
        // Another rendering may have ended since the first look.
        if (auto outcome = find(key, info))
            return end(rendering, *std::move(outcome));
        try {
            start(rendering, caller.client);
        } catch (...) {
            end(rendering, exception_as_error("Rendering a picture"));
        }
    }

    /// Ends the rendering for all of its callers. It may be queued for other clients still: those are
    /// cancelled.
    void end(const std::shared_ptr<Rendering>& rendering, const result<Outcome>& outcome) {
        std::vector<std::shared_ptr<Rendering::Waiting>> waiting;
        {
            const std::lock_guard lock{mutex};
            renderings.remove(rendering);
            waiting.swap(rendering->waiting);
        }
        rendering->stop.request_stop();
        for (const auto& one : waiting)
            one->completion(outcome);
    }

    /// Whether an error of one client's rendering is no outcome: it was refused, and it is queued for another
    /// client.
    bool is_queued_elsewhere(const std::shared_ptr<Rendering>& rendering, const Error& error) {
        const std::lock_guard lock{mutex};
        --rendering->queued;
        if (rendering->queued != 0 && (error == errc::service_busy || error == errc::cancelled))
            return true;
        renderings.remove(rendering); // nobody may join it any more
        return false;
    }

    /// The exception of a port, as an error; call it in a `catch`.
    static Error exception_as_error(std::string_view call) noexcept {
        try {
            throw;
        } catch (const std::bad_alloc&) { // a cause needs memory
            return Error{errc::service_busy};
        } catch (const std::exception& exception) {
            return with_cause(call, " threw: ", exception.what());
        } catch (...) {
            return with_cause(call, " threw", "");
        }
    }

    static Error with_cause(std::string_view call, std::string_view threw, std::string_view what) noexcept {
        try {
            return Error{errc::internal}.with_cause(std::string{call}.append(threw).append(what));
        } catch (const std::bad_alloc&) {
            return Error{errc::internal};
        }
    }

private:
    /// Also returns whether it has to be queued for this client: another client's queue may be long.
    std::pair<std::shared_ptr<Rendering>, bool> joined(const Subject& subject,
                                                       const std::shared_ptr<Rendering::Waiting>& waiting,
                                                       const std::string& client) {
        const std::lock_guard lock{mutex};
        auto found = std::find_if(renderings.begin(), renderings.end(), [&](const auto& rendering) {
            return rendering->subject == subject && rendering->join();
        });
        if (found == renderings.end())
            found = renderings.insert(found, std::make_shared<Rendering>(subject));
        auto& rendering = **found;
        rendering.waiting.push_back(waiting);
        const bool first =
            std::find(rendering.clients.begin(), rendering.clients.end(), client) == rendering.clients.end();
        if (first) {
            rendering.clients.push_back(client);
            ++rendering.queued;
        }
        return {*found, first};
    }
};

RenditionService::RenditionService(std::shared_ptr<const PersonImageService> images,
                                   std::shared_ptr<const ImageRenderer> renderer,
                                   std::shared_ptr<ImageCache> cache)
    : images_{required(std::move(images), "RenditionService needs a PersonImageService")}
    , renderer_{required(std::move(renderer), "RenditionService needs a renderer")}
    , state_{std::make_shared<State>()} {
    state_->cache = std::move(cache);
}

std::string_view RenditionService::revision() const noexcept {
    return renderer_->revision();
}

std::optional<ImageRendition> RenditionService::cached(PersonId person_id, const Rendition& rendition) const {
    auto info = images_->cached_info(person_id);
    auto image = info ? cached(*info, rendition) : std::nullopt;
    return image ? std::optional{ImageRendition{*std::move(info), *std::move(image)}} : std::nullopt;
}

std::optional<RenderedImage> RenditionService::cached(const ImageInfo& info,
                                                      const Rendition& rendition) const {
    return state_->find(BytesKey{info.blob_id, info.blob_version, rendition});
}

std::optional<RenderedImage> RenditionService::cached(Placeholder kind, const Rendition& rendition) const {
    return state_->find(PlaceholderKey{kind, rendition});
}

void RenditionService::submit(PersonId person_id, const Rendition& rendition, RenderCaller caller,
                              Completion<ImageRendition> completion) const {
    const auto info = images_->info(person_id);
    if (!info)
        return completion(info.error());
    submit(person_id, *info, rendition, std::move(caller), std::move(completion));
}

void RenditionService::submit(PersonId person_id, const ImageInfo& info, const Rendition& rendition,
                              RenderCaller caller, Completion<ImageRendition> completion) const {
    state_->join_or_start(
        BytesKey{info.blob_id, info.blob_version, rendition}, &info, std::move(caller),
        [completion = std::move(completion)](result<State::Outcome> made) {
            if (made)
                completion(ImageRendition{*std::move(made->info), std::move(made->image)});
            else
                completion(made.error());
        },
        [&](const auto& rendering, const std::string& client) {
            start(rendering, person_id, rendition, client);
        });
}

void RenditionService::start(const std::shared_ptr<Rendering>& rendering, PersonId person_id,
                             const Rendition& rendition, const std::string& client) const {
    // Written and then read on the thread that renders.
    struct Source {
        std::optional<ImageInfo> info;
        CacheContents::Moment read_at{};
    };
    const auto source = std::make_shared<Source>();
    auto read = [images = images_, state = state_, rendering, person_id, rendition,
                 source]() -> result<RenderImage> {
        // It is being, or was, rendered for another client.
        if (rendering->stop.stop_requested() || rendering->is_read.exchange(true))
            return Error{errc::cancelled};
        const std::shared_ptr<void> hold{nullptr, [rendering](void*) { rendering->is_read = false; }};
        try {
            source->read_at = state->now();
            auto stored = images->image(person_id);
            if (!stored)
                return stored.error();
            const auto header = probe(stored->bytes);
            if (!header)
                return header.error();
            source->info = std::move(stored->info);
            return RenderImage{.bytes = std::move(stored->bytes),
                               .header = *header,
                               .rendition = rendition,
                               .stop = rendering->stop.get_token(),
                               .hold = hold};
        } catch (...) {
            return State::exception_as_error("Reading a picture");
        }
    };
    renderer_->submit({.read = std::move(read), .stop = rendering->stop.get_token(), .client = client},
                      [state = state_, rendering, rendition, source](result<RenderedImage> made) {
                          if (!made) {
                              if (!state->is_queued_elsewhere(rendering, made.error()))
                                  state->end(rendering, made.error());
                              return;
                          }
                          const BytesKey key{source->info->blob_id, source->info->blob_version, rendition};
                          auto image = state->keep(key, *std::move(made), source->read_at);
                          state->end(rendering, State::Outcome{std::move(source->info), std::move(image)});
                      });
}

void RenditionService::submit(Placeholder kind, const Rendition& rendition, RenderCaller caller,
                              Completion<RenderedImage> completion) const {
    const PlaceholderKey key{kind, rendition};
    const auto start = [&](const std::shared_ptr<Rendering>& rendering, const std::string& client) {
        const auto end = [state = state_, rendering, key](result<RenderedImage> drawn) {
            if (!drawn) {
                if (!state->is_queued_elsewhere(rendering, drawn.error()))
                    state->end(rendering, drawn.error());
                return;
            }
            constexpr auto never_stale = std::numeric_limits<CacheContents::Moment>::max();
            state->end(rendering, State::Outcome{{}, state->keep(key, *std::move(drawn), never_stale)});
        };
        renderer_->submit_placeholder(kind, rendition, {rendering->stop.get_token(), client}, end);
    };
    state_->join_or_start(
        key, nullptr, std::move(caller),
        [completion = std::move(completion)](result<State::Outcome> made) {
            completion(made ? result<RenderedImage>{std::move(made->image)} : made.error());
        },
        start);
}

result<ImageRendition> RenditionService::rendition(PersonId person_id, const Rendition& rendition) const {
    return awaited<result<ImageRendition>>([&](Completion<ImageRendition> completion) {
        submit(person_id, rendition, {}, std::move(completion));
    });
}

result<RenderedImage> RenditionService::placeholder(Placeholder kind, const Rendition& rendition) const {
    return awaited<result<RenderedImage>>(
        [&](Completion<RenderedImage> completion) { submit(kind, rendition, {}, std::move(completion)); });
}

} // namespace portrait
