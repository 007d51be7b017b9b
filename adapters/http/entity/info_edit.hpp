#pragma once

#include "formats/json_patch.hpp"
#include "headers/content_types.hpp"
#include "localization/localization.hpp"

#include <portrait/http/problem.hpp>
#include <portrait/image_info.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/precondition.hpp>

#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <string_view>
#include <variant>

namespace portrait::http {

/// The most bytes of a body of PUT and PATCH ImageInfo.
inline constexpr std::uint64_t max_info_body = 256ULL * 1024;

/// Drops strings that are only the request's view of the stored ones, so that a client can send back an
/// entity without losing the other languages.
ImageInfoChange without_views(ImageInfoChange change, const ImageInfo& stored,
                              const Localization& localization);

/// The change in a body of PUT or PATCH ImageInfo: texts, or a patch of the stored entity.
class InfoEdit {
public:
    /// Reads a body (contract section 3). An array of any JSON type is a JSON Patch, an object under a
    /// patch's type a merge patch. Errors: those of `read_blob_entity`, `read_json` and `read_json_patch`.
    [[nodiscard]] static ProblemOr<InfoEdit> read(BodyType type, std::string_view body);

    /// Null when the change depends on the stored entity.
    const ImageInfoChange* change() const noexcept { return std::get_if<ImageInfoChange>(&edit_); }

    /// The change to the stored entity. A patch is applied to its document, and the outcome is read as any
    /// entity of a client is; a property that a patch removes becomes empty. A whole entity goes through
    /// `without_views`; patches work on the stored texts.
    [[nodiscard]] ProblemOr<ImageInfoChange> change_of(const ImageInfo& stored,
                                                       const Localization& localization) const;

private:
    struct MergePatch {
        boost::json::value patch;
    };
    using Edit = std::variant<ImageInfoChange, JsonPatch, MergePatch>;

    explicit InfoEdit(Edit edit)
        : edit_{std::move(edit)} {}

    Edit edit_;
};

/// Reads and writes the ImageInfo to be changed.
struct InfoPlace {
    std::function<result<ImageInfo>()> read;
    std::function<result<ImageInfo>(ImageInfoChange, Precondition)> write;
    std::function<Timestamp()> now; ///< for dates in preconditions
};

/// The changed ImageInfo, or the failure.
using ChangedInfo = std::variant<ImageInfo, Problem, Error>;

/// Makes a change that depends on the stored entity. Retries at most 32 times when another write comes
/// between reading and writing.
ChangedInfo change_stored_info(const InfoPlace& place, const Precondition& precondition,
                               const std::function<ProblemOr<ImageInfoChange>(const ImageInfo&)>& change_of);

} // namespace portrait::http
