#pragma once

#include <portrait/upload_converter.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// A parameter of a header field's value, such as a boundary or a file name.
struct Parameter {
    std::string name;  ///< in lower case
    std::string value; ///< without quotes and escapes
};

using Parameters = std::vector<Parameter>;

/// The first parameter of that name (given in lower case); null when there is none.
const std::string* find_parameter(const Parameters& parameters, std::string_view name) noexcept;

/// Reads `*( OWS ";" OWS [ name "=" ( token / quoted-string ) ] )` to its end (RFC 9110 section 5.6.6).
/// Absent when malformed.
std::optional<Parameters> parse_parameters(std::string_view text);

/// A media type (RFC 9110 section 8.3.1).
struct MediaType {
    std::string name; ///< `type/subtype` in lower case
    Parameters parameters;
};

/// Absent when malformed.
std::optional<MediaType> parse_media_type(std::string_view text);

/// The class of an upload's Content-Type (contract section 2).
struct UploadType {
    enum class Kind {
        absent,      ///< none was sent: the bytes decide
        picture,     ///< a picture's type, or one that clients send for any bytes: the bytes decide
        multipart,   ///< multipart/form-data; `boundary` is valid
        no_boundary, ///< multipart/form-data without a valid boundary: 400, `no_boundary_problem()`
        unsupported, ///< any other, malformed values included: 415
    };
    Kind kind = Kind::absent;
    std::string boundary; ///< of `multipart` only
    /// Of `unsupported` only: the type's format, which could be converted and is not switched on.
    std::optional<ConvertibleFormat> switched_off{};
};

/// Null or blank: no Content-Type. `formats` are those whose conversion is switched on: their types are
/// pictures.
UploadType classify_upload(const std::string_view* content_type, ConvertibleFormats formats);

/// Whether a text can be a boundary: 1 to 70 visible ASCII characters and spaces, the last one no space. That
/// is more than RFC 2046's set, since clients send others, such as `*****`.
bool is_multipart_boundary(std::string_view text) noexcept;

/// The types of pictures that are accepted, in the order in which documents list them. `converted` are the
/// formats whose conversion is switched on.
std::vector<std::string_view> accepted_picture_types(ImageFormats stored, ConvertibleFormats converted);

/// The Accept field of a 415, with the types of the formats whose conversion is switched on.
std::string accepted_upload_types(ConvertibleFormats formats);

/// The formats of a body that is no picture (contract section 3).
enum class BodyType { json, xml, form, json_patch, merge_patch };

/// Reads a Content-Type. Absent, and so 415, for any other type, for none (null), and for a charset other
/// than utf-8 or us-ascii.
std::optional<BodyType> body_type_of(const std::string_view* content_type);

/// The Accept field of a 415.
std::string_view accepted_body_types() noexcept;

/// The Accept-Patch field (RFC 5789) of a PATCH.
std::string_view accepted_patch_types() noexcept;

} // namespace portrait::http
