#pragma once

#include <portrait/person_image_service.hpp>

#include <functional>
#include <memory>
#include <string>

/// A business class as yours might be: a new colleague's picture is kept, and only then the team is told.
class Onboarding {
public:
    using Notify = std::function<void(const std::string& sentence)>;

    Onboarding(std::shared_ptr<portrait::PersonImageService> pictures, Notify notify);

    /// Keeps the picture and tells the team. When the picture can't be kept nobody is told anything, and the
    /// error says why.
    [[nodiscard]] portrait::result<portrait::BlobId> welcome(portrait::PersonId colleague,
                                                             portrait::ImageBytes picture);

private:
    std::shared_ptr<portrait::PersonImageService> pictures_;
    Notify notify_;
};
