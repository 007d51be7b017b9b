#include "input.hpp"

#include "agents/agent_arguments.hpp"
#include "callers/sign_in.hpp"
#include "entity/info_edit.hpp"
#include "formats/base64.hpp"
#include "formats/form.hpp"
#include "formats/json_patch.hpp"
#include "formats/json_reader.hpp"
#include "formats/xml.hpp"
#include "localization/localization.hpp"
#include "pictures/multipart.hpp"
#include "routes/table.hpp"

#include <boost/json.hpp>

using namespace portrait;
using namespace portrait::fuzzing;

namespace {

void read_multipart(std::string_view text) {
    const auto body = ImageBytes::copy_of(text);
    if (const auto part = http::picture_part(body, "b", ConvertibleFormats::all()))
        require(part->size() <= body.size());
}

void read_xml(std::string_view text) {
    const auto document = http::read_xml(text);
    if (!document)
        return;
    // A dictionary is written with more elements around each value than were read.
    const auto again = http::read_xml(http::xml_text("Root", document->value));
    require(again || again.error().rule == "request.too_deep" ||
            again.error().rule == "request.xml_too_large");
}

void read_patch(std::string_view text) {
    constexpr std::string_view writable[]{"Description", "ExtraInfo", "ConceptualType"};
    if (const auto document = http::read_json(text))
        if (const auto patch = http::read_json_patch(*document))
            (void)http::patched(boost::json::object{{"Description", "a"}, {"ExtraInfo", nullptr}}, *patch,
                                writable);
}

void read_form(std::string_view text) {
    if (const auto fields = http::read_form(text))
        require(fields->size() <= http::max_form_fields);
    (void)http::parse_sign_in_form(text);
}

void read_json(std::string_view text) {
    if (const auto document = http::read_json(text)) {
        require(http::read_json(boost::json::serialize(*document)).has_value());
        (void)http::merged(boost::json::object{{"Description", "a"}}, *document);
    }
}

void read_base64(std::string_view text) {
    const auto bytes = http::decode_base64(text);
    if (!bytes)
        return;
    require(bytes->size() == http::decoded_base64_size(text));
    std::string again;
    http::append_base64(again, bytes_of(reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()));
    require(again == text);
}

/// A body of PUT or PATCH ImageInfo, read in all formats.
void edit_info(std::string_view text) {
    ImageInfo stored{.blob_id = BlobId::from(1).value()};
    stored.description = R"(US:"Photo";NO:"Bilde")";
    for (const auto type : {http::BodyType::json, http::BodyType::xml, http::BodyType::form,
                            http::BodyType::json_patch, http::BodyType::merge_patch})
        if (const auto edit = http::InfoEdit::read(type, text))
            (void)edit->change_of(stored, http::Localization{});
}

/// The arguments of two calls, which together have arguments of every type.
void read_arguments(std::string_view text) {
    const auto body = ImageBytes::copy_of(text);
    for (const auto* call : {&http::blob_save_image_stream, &http::person_get_person_images})
        for (const auto type : {http::BodyType::json, http::BodyType::xml, http::BodyType::form}) {
            const auto arguments = http::read_agent_arguments(call->arguments, type, body);
            if (!arguments)
                continue;
            if (call == &http::blob_save_image_stream) {
                (void)arguments->name_or_number("Type");
                (void)arguments->text("Description");
                if (const auto picture = arguments->bytes("Image", Limits{}))
                    require(picture->size() <= text.size());
            } else if (const auto ids = arguments->numbers("PersonIds")) {
                require(ids->size() <= http::max_agent_ids);
            }
        }
}

} // namespace

/// The first byte selects the parser, the rest is its text.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    const auto text = text_of(data + 1, size - 1);
    switch (data[0]) {
    case 'm': read_multipart(text); break;
    case 'x': read_xml(text); break;
    case 'p': read_patch(text); break;
    case 'f': read_form(text); break;
    case 'b': read_base64(text); break;
    case 'i': edit_info(text); break;
    case 'a': read_arguments(text); break;
    default: read_json(text);
    }
    return 0;
}
