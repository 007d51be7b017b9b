#pragma once

#include "agents_fixture.hpp"
#include "support/catch.hpp"

#include <portrait/imaging/render_pool.hpp>
#include <portrait/imaging/vips_renderer.hpp>
#include <portrait/probe.hpp>
#include <portrait/rendition_service.hpp>

namespace portrait::testing {

/// An endpoint with a cache and a real renderer.
struct RenderingFixture : AgentsFixture {
    explicit RenderingFixture(Limits limits = {}, imaging::RenderPoolOptions bounds = {})
        : RenderingFixture{std::make_shared<ImageCache>(1 << 24), limits, bounds} {}
    explicit RenderingFixture(imaging::RenderPoolOptions bounds)
        : RenderingFixture{Limits{}, bounds} {}

    RenderingFixture(const std::shared_ptr<ImageCache>& used_cache, Limits limits,
                     imaging::RenderPoolOptions bounds)
        : AgentsFixture{{},
                        limits,
                        std::make_shared<CachingImageStore>(std::make_shared<MemoryImageStore>(), used_cache)}
        , cache{used_cache}
        , pool{std::make_shared<imaging::RenderPool>(std::make_shared<imaging::VipsRenderer>(), bounds)} {
        http::EndpointOptions options;
        options.renditions = std::make_shared<RenditionService>(service, pool, cache);
        auto executor = std::make_shared<http::InlineExecutor>();
        endpoint = std::make_unique<http::Endpoint>(service, std::make_shared<FixedAuthenticator>(), executor,
                                                    executor, options, log);
    }

    void put(int person, const std::vector<std::byte>& picture) const {
        REQUIRE(send({"PUT",
                      "/api/v1/Person/" + std::to_string(person) + "/Image",
                      {{"Content-Type", "application/octet-stream"}},
                      text_of(picture)})
                    .status == 200);
    }
    http::Response get(const std::string& query, RawFields fields = {}) const {
        return send({"GET", "/api/v1/Person/1/Image" + query, std::move(fields), {}});
    }
    static ImageHeader header_of(std::string_view bytes) {
        const auto header = probe(std::as_bytes(std::span{bytes}));
        REQUIRE(header.has_value());
        return *header;
    }

    std::shared_ptr<ImageCache> cache;
    std::shared_ptr<imaging::RenderPool> pool;
};

} // namespace portrait::testing
