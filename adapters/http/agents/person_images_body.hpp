#pragma once

#include "agents/agent_request.hpp"

#include <portrait/http/executor.hpp>
#include <portrait/http/log.hpp>
#include <portrait/http/message.hpp>
#include <portrait/rendition_service.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace portrait::http {

/// The array of PersonImage (contract section 7), made picture by picture while it is sent. It holds one
/// piece with one picture's base64 text, and some bytes for each person, but not their ImageInfos, whose
/// texts may be long. The ImageData is "" for a person without a picture or with one that can't be rendered.
class PersonImagesBody final : public BodyProducer, public std::enable_shared_from_this<PersonImagesBody> {
public:
    struct Notation {
        bool xml = false;
        Selection selection; ///< of PersonId and ImageData; empty: both
    };
    struct Work {
        std::vector<std::optional<PersonId>> persons; ///< in the order of the request; empty: an invalid id
        std::vector<std::optional<ImageInfo>> infos;  ///< of the persons with an id
        Rendition wanted;
        Notation notation;
        // Of the endpoint, and not owned: a thread of theirs may destroy the last reference to the body.
        const RenditionService* renditions;
        Executor* readers;
        Log* log; ///< may be null
        std::string request_id;
        std::stop_token stop;
        std::shared_ptr<void> endpoint_waits; ///< keeps the endpoint until this goes
    };

    explicit PersonImagesBody(Work work);

    /// Makes the first piece, so that its failure can be answered as an error.
    void prepare(std::function<void(const result<void>&)> done);
    void next(std::function<void(result<Piece>)> done) override;
    Memory memory() const override { return {{}, pictures_.capacity() * sizeof(Picture)}; }

private:
    /// A person's picture; no version without a picture.
    struct Picture {
        std::optional<PersonId> person_id{};
        std::optional<ImageVersion> version{};
        ImageFormat format{};

        /// The fields that a rendition needs.
        ImageInfo info() const;
    };

    using Done = std::function<void(result<Piece>)>;

    void make(const Done& done);
    void render(const Picture& picture, const Done& done);
    void append(const ImageBytes& image);
    [[nodiscard]] result<void> append(const result<ImageRendition>& made, PersonId person_id);

    Work work_;
    std::vector<Picture> pictures_; ///< one for each person
    std::size_t index_ = 0;
    bool begun_ = false;
    bool ended_ = false;
    std::string piece_;
    std::optional<result<Piece>> prepared_;
};

} // namespace portrait::http
