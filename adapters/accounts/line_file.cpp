#include "line_file.hpp"

#include "users_file.hpp"

#include <portrait/http/utf8.hpp>

namespace portrait::http {

bool fits_a_column(std::string_view name) {
    return name.size() <= max_user_name_length && is_utf8(name) && !has_control_characters(name) &&
           name.find(':') == std::string_view::npos;
}

} // namespace portrait::http
