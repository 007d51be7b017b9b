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

/// The array of PersonImage (contract section 7), made one picture after the other while it is sent: in
/// memory are one picture's base64 text, what a piece may hold beside it, and some bytes for each person, but
/// not their ImageInfos, whose texts may be long.
///
/// A person without a picture, and one whose picture can't be rendered, has the ImageData "".
class PersonImagesBody final : public BodyProducer, public std::enable_shared_from_this<PersonImagesBody> {
public:
    struct Notation {
        bool xml = false;
        Selection selection; ///< of PersonId and ImageData; empty: both
    };
    struct Work {
        std::vector<std::optional<PersonId>> persons; ///< in the order asked; empty: an id that can't be
        std::vector<std::optional<ImageInfo>> infos;  ///< of those persons that have an id
        Rendition wanted;
        Notation notation;
        // Of the endpoint, and not owned: the last reference to a body may go on a thread of theirs.
        const RenditionService* renditions;
        Executor* readers;
        Log* log; ///< may be null
        std::string request_id;
        std::stop_token stop;
        std::shared_ptr<void> endpoint_waits; ///< keeps the endpoint until this goes
    };

    explicit PersonImagesBody(Work work);

    /// Makes the first piece, so that what fails at once can still be answered as an error.
    void prepare(std::function<void(const result<void>&)> done);
    void next(std::function<void(result<Piece>)> done) override;
    Memory memory() const override { return {{}, pictures_.capacity() * sizeof(Picture)}; }

private:
    /// Which picture a person has; no version where there is none to show.
    struct Picture {
        std::optional<PersonId> person_id{};
        std::optional<ImageVersion> version{};
        ImageFormat format{};

        /// As far as a rendition needs it.
        ImageInfo info() const;
    };

    using Done = std::function<void(result<Piece>)>;

    void make(const Done& done);
    void render(const Picture& picture, const Done& done);
    void append(const ImageBytes& image);
    [[nodiscard]] result<void> append(const result<ImageRendition>& made, PersonId person_id);

    Work work_;
    std::vector<Picture> pictures_; ///< one for each person asked for
    std::size_t index_ = 0;
    bool begun_ = false;
    bool ended_ = false;
    std::string piece_;
    std::optional<result<Piece>> prepared_;
};

} // namespace portrait::http
