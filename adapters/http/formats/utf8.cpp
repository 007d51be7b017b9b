#include <portrait/http/utf8.hpp>

#include <boost/locale/utf.hpp>

#include <algorithm>

namespace portrait::http {

bool is_utf8(std::string_view bytes) noexcept {
    namespace utf = boost::locale::utf;
    const char* next = bytes.data();
    const char* const end = next + bytes.size();
    while (next != end) {
        const auto code_point = utf::utf_traits<char>::decode(next, end);
        if (code_point == utf::illegal || code_point == utf::incomplete)
            return false;
    }
    return true;
}

bool has_control_characters(std::string_view bytes) noexcept {
    return std::any_of(bytes.begin(), bytes.end(), [](char character) {
        const auto byte = static_cast<unsigned char>(character);
        return byte < 0x20 || byte == 0x7F;
    });
}

} // namespace portrait::http
