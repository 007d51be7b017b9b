#pragma once

#include "formats/json_patch.hpp"
#include "headers/body_types.hpp"
#include "localization/localization.hpp"

#include <portrait/http/problem.hpp>
#include <portrait/image_info.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/precondition.hpp>

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <functional>
#include <string_view>
#include <variant>

namespace portrait::http {

/// A body of PUT and PATCH ImageInfo may have this many bytes.
inline constexpr std::uint64_t max_info_body = 256ULL * 1024;

/// The change to an entity as it is stored, without those strings that are only the request's view of the
/// stored ones: so a client can send back what it got, and no language is lost.
ImageInfoChange without_views(ImageInfoChange change, const ImageInfo& stored,
                              const Localization& localization);

/// What a body of PUT or PATCH ImageInfo wants changed: texts, or a patch whose outcome depends on what is
/// stored.
class InfoEdit {
public:
    /// Reads a body (contract section 3). Errors: those of `read_blob_entity`, `read_json` and
    /// `read_json_patch`.
    [[nodiscard]] static boost::system::result<InfoEdit, Problem> read(BodyType type, std::string_view body);

    /// The change, when it is the same whatever is stored; otherwise null.
    const ImageInfoChange* change() const noexcept { return std::get_if<ImageInfoChange>(&edit_); }

    /// The change to an entity as it is stored. A patch is applied to it as a document, and the outcome
    /// judged as any entity that a client sends; what a patch removes is emptied. Of a whole entity, strings
    /// that are only the request's view of the stored ones change nothing; patches work on what is stored.
    [[nodiscard]] boost::system::result<ImageInfoChange, Problem>
    change_of(const ImageInfo& stored, const Localization& localization) const;

private:
    struct MergePatch {
        boost::json::value patch;
    };
    using Edit = std::variant<ImageInfoChange, JsonPatch, MergePatch>;

    explicit InfoEdit(Edit edit)
        : edit_{std::move(edit)} {}

    Edit edit_;
};

/// The ImageInfo that a change is made to.
struct InfoPlace {
    std::function<result<ImageInfo>()> read;
    std::function<result<ImageInfo>(ImageInfoChange, Precondition)> write;
};

/// The changed ImageInfo, or why there is none.
using ChangedInfo = std::variant<ImageInfo, Problem, Error>;

/// Makes a change that depends on what is stored. When another write comes between reading and writing, it is
/// made again to what that has written, 32 times at most.
ChangedInfo change_stored_info(
    const InfoPlace& place, const Precondition& precondition,
    const std::function<boost::system::result<ImageInfoChange, Problem>(const ImageInfo&)>& change_of);

} // namespace portrait::http
