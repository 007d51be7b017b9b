#include "agents/person_images_body.hpp"

#include "formats/base64.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace portrait::http {
namespace {

/// A piece is sent when it has grown to this.
constexpr std::size_t piece_size = 64ULL * 1024;

/// Whether the cause is the picture and not the server's present state.
bool is_caused_by_picture(const Error& error) noexcept {
    return error == failure::bad_input || error == failure::not_found || error == errc::store_corrupt;
}

/// The fields that a rendition needs.
ImageInfo info_of(const PersonImagesBody::Picture& picture) {
    return {.blob_id = picture.version->blob_id,
            .blob_version = picture.version->blob_version,
            .link_version = picture.version->link_version,
            .format = picture.format};
}

} // namespace

PersonImagesBody::PersonImagesBody(Work work)
    : work_{std::move(work)}
    , piece_{!work_.xml ? "["
             : work_.selection.empty()
                 ? "<ArrayOfPersonImage>"
                 : R"(<ArrayOfPersonImage xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">)"} {}

void PersonImagesBody::prepare(std::function<void(const result<void>&)> done) {
    make([self = shared_from_this(), done = std::move(done)](result<Piece> piece) {
        if (!piece)
            return done(piece.error());
        self->prepared_.emplace(std::move(piece));
        done({});
    });
}

void PersonImagesBody::next(std::function<void(result<Piece>)> done) {
    if (prepared_) {
        auto first = *std::move(prepared_);
        prepared_.reset();
        return done(std::move(first));
    }
    make(done);
}

void PersonImagesBody::make(const Done& done) {
    if (ended_)
        return done(Piece{});
    while (piece_.size() < piece_size && index_ < work_.pictures.size()) {
        const auto& picture = work_.pictures[index_];
        if (!picture.version) {
            append({});
            continue;
        }
        const auto info = info_of(picture);
        const auto made = work_.renditions->cached(info, work_.wanted);
        if (!made)
            return render(*picture.person_id, info, done);
        append(made->bytes);
    }
    if (index_ == work_.pictures.size()) {
        piece_ += work_.xml ? "</ArrayOfPersonImage>" : "]";
        ended_ = true;
    }
    done(Piece{std::exchange(piece_, {})});
}

void PersonImagesBody::render(PersonId person_id, const ImageInfo& info, const Done& done) {
    auto answer = [self = shared_from_this(), person_id, done](const result<ImageRendition>& made) {
        result<void> appended;
        try {
            appended = self->append(made, person_id);
        } catch (const std::exception& exception) {
            appended = Error{errc::internal}.with_cause(exception.what());
        }
        done(appended ? result<Piece>{std::exchange(self->piece_, {})} : appended.error());
    };
    auto task = [this, person_id, info, answer = std::move(answer)] {
        work_.renditions->submit(person_id, info, work_.wanted, work_.caller, answer);
    };
    if (!work_.readers->execute(std::move(task)))
        done(Error{errc::service_busy});
}

result<void> PersonImagesBody::append(const result<ImageRendition>& made, PersonId person_id) {
    if (made) {
        append(made->image.bytes);
        return {};
    }
    if (!is_caused_by_picture(made.error()))
        return made.error();
    if (work_.log && made.error() != failure::not_found)
        work_.log->event(Severity::warning,
                         fmt::format("GetPersonImages leaves out the picture of person {}: {}: {} {}",
                                     person_id.value(), made.error().rule(), made.error().message(),
                                     made.error().cause()),
                         work_.request_id);
    append({});
    return {};
}

void PersonImagesBody::append(const ImageBytes& image) {
    const auto& asked = work_.pictures[index_].person_id;
    const auto person_id = asked ? asked->value() : 0;
    const bool with_id = is_selected(work_.selection, "PersonId");
    const bool with_data = is_selected(work_.selection, "ImageData");
    if (work_.xml) {
        piece_ += "<PersonImage>";
        piece_ +=
            with_id ? fmt::format("<PersonId>{}</PersonId>", person_id) : R"(<PersonId xsi:nil="true"/>)";
        if (with_data) {
            piece_ += image.empty() ? "<ImageData/>" : "<ImageData>";
            append_base64(piece_, image);
            piece_ += image.empty() ? "" : "</ImageData>";
        } else {
            piece_ += R"(<ImageData xsi:nil="true"/>)";
        }
        piece_ += "</PersonImage>";
    } else {
        piece_ += index_ == 0 ? "{\"PersonId\":" : ",{\"PersonId\":";
        piece_ += with_id ? fmt::format("{}", person_id) : "null";
        piece_ += with_data ? ",\"ImageData\":\"" : ",\"ImageData\":null}";
        if (with_data) {
            append_base64(piece_, image);
            piece_ += "\"}";
        }
    }
    ++index_;
}

} // namespace portrait::http
