#include "input.hpp"

#include "src/json_patch.hpp"
#include "src/json_reader.hpp"
#include "src/merge_patch.hpp"
#include "src/multipart.hpp"
#include "src/xml.hpp"

#include <boost/json.hpp>

using namespace portrait;
using namespace portrait::fuzzing;

/// The first byte chooses the reader.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    const auto text = text_of(data + 1, size - 1);
    switch (data[0]) {
    case 'm': {
        const auto body = ImageBytes::copy_of(text);
        if (const auto part = http::picture_part(body, "b"))
            require(part->size() <= body.size());
        break;
    }
    case 'x':
        if (const auto document = http::read_xml(text))
            require(http::read_xml(http::xml_text("Root", document->value)).has_value());
        break;
    case 'p':
        if (const auto document = http::read_json(text))
            if (const auto patch = http::read_json_patch(*document))
                (void)http::patched(boost::json::object{{"Description", "a"}, {"ExtraInfo", nullptr}},
                                    *patch);
        break;
    default:
        if (const auto document = http::read_json(text)) {
            require(http::read_json(boost::json::serialize(*document)).has_value());
            (void)http::merged(boost::json::object{{"Description", "a"}}, *document);
        }
    }
    return 0;
}
