#pragma once

#include "agents/agent_answers.hpp"

#include <portrait/http/executor.hpp>
#include <portrait/http/log.hpp>
#include <portrait/http/message.hpp>
#include <portrait/rendition_service.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace portrait::http {

/// The array of PersonImage (contract section 7), made picture by picture while it is sent. It holds one
/// piece with one picture's base64 text, and some bytes for each person, but not their ImageInfos, whose
/// texts may be long. The ImageData is "" for a person without a picture or with one that can't be rendered.
class PersonImagesBody final : public BodyProducer, public std::enable_shared_from_this<PersonImagesBody> {
public:
    /// A person's picture.
    struct Picture {
        std::optional<PersonId> person_id{};   ///< empty: an invalid id
        std::optional<ImageVersion> version{}; ///< empty: no picture
        ImageFormat format{};
    };
    struct Work {
        std::vector<Picture> pictures; ///< in the order of the request
        Rendition wanted;
        bool xml = false;
        Selection selection; ///< of PersonId and ImageData, while the other is null; empty: both
        // Of the endpoint, and not owned: a thread of theirs may destroy the last reference to the body.
        const RenditionService* renditions;
        Executor* readers;
        Log* log; ///< may be null
        std::string request_id;
        RenderCaller caller;
        std::shared_ptr<void> endpoint_waits; ///< keeps the endpoint until this goes
    };

    explicit PersonImagesBody(Work work);

    /// Makes the first piece, so that its failure can be answered as an error.
    void prepare(std::function<void(const result<void>&)> done);
    void next(std::function<void(result<Piece>)> done) override;
    Memory memory() const override { return {{}, work_.pictures.capacity() * sizeof(Picture)}; }

private:
    using Done = std::function<void(result<Piece>)>;

    void make(const Done& done);
    void render(PersonId person_id, const ImageInfo& info, const Done& done);
    void append(const ImageBytes& image);
    [[nodiscard]] result<void> append(const result<ImageRendition>& made, PersonId person_id);

    Work work_;
    std::string piece_;
    std::size_t index_ = 0; ///< of the next picture
    bool ended_ = false;
    std::optional<result<Piece>> prepared_;
};

} // namespace portrait::http
