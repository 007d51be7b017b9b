#pragma once

#include <portrait/person_image_service.hpp>

#include <functional>
#include <memory>
#include <string>

/// An example of a business class: stores a new colleague's picture and then notifies the team.
class Onboarding {
public:
    using Notify = std::function<void(const std::string& sentence)>;

    Onboarding(std::shared_ptr<portrait::PersonImageService> pictures, Notify notify);

    /// Stores the picture and notifies the team. When the picture can't be stored, returns the error and
    /// notifies nobody.
    [[nodiscard]] portrait::result<portrait::BlobId> welcome(portrait::PersonId colleague,
                                                             portrait::ImageBytes picture);

private:
    std::shared_ptr<portrait::PersonImageService> pictures_;
    Notify notify_;
};
