#pragma once

#include <portrait/http/endpoint.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/memory_image_store.hpp>
#include <portrait/memory_person_directory.hpp>
#include <portrait/testing/pictures.hpp>

#include <memory>

/// The endpoint that the fuzz targets send requests to: all routes, over the memory store.
namespace portrait::fuzzing {

/// Accepts all credentials, so that requests reach the routes.
class EverybodyAuthenticator final : public http::Authenticator {
public:
    void authenticate(http::Credentials, std::string_view,
                      std::function<void(http::AuthenticationOutcome)> done) override {
        done(http::Principal{"somebody", {.associate_id = 5, .name = "somebody"}, true});
    }
};

/// A new endpoint. Person 1 has a picture with texts in two languages, person 2 has no picture.
inline std::shared_ptr<http::Endpoint> make_endpoint() {
    const auto directory = std::make_shared<MemoryPersonDirectory>();
    directory->add(PersonId::from(1).value());
    directory->add(PersonId::from(2).value());
    auto service = std::make_shared<PersonImageService>(std::make_shared<MemoryImageStore>(), directory);
    (void)service->save(PersonId::from(1).value(), ImageBytes::copy_of(testing::make_png()));
    (void)service->update_info(PersonId::from(1).value(), {.description = R"(US:"Photo";NO:"Bilde")",
                                                           .extra_info = "[D:11/23/2026] [SR_PHOTO]"});
    const auto executor = std::make_shared<http::InlineExecutor>();
    return std::make_shared<http::Endpoint>(std::move(service), std::make_shared<EverybodyAuthenticator>(),
                                            executor, executor);
}

} // namespace portrait::fuzzing
