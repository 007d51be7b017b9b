#include "entity/documents.hpp"

#include "formats/xml.hpp"

#include <boost/json/serialize.hpp>

#include <utility>

namespace portrait::http {

std::string document_text(ResponseType type, std::string_view xml_root, const boost::json::value& document) {
    return is_xml(type) ? xml_text(xml_root, document) : boost::json::serialize(document);
}

void set_document(Response& response, ResponseType type, std::string text) {
    response.set("Content-Type", std::string{content_type(type)});
    response.set("Vary", "Accept");
    response.body = std::move(text);
}

void set_document(Response& response, ResponseType type, std::string_view xml_root,
                  const boost::json::value& document) {
    set_document(response, type, document_text(type, xml_root, document));
}

} // namespace portrait::http
