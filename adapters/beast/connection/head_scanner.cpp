#include "connection/head_scanner.hpp"

namespace portrait::http {

HeadScanner::Fault HeadScanner::scan(std::string_view bytes) noexcept {
    for (const char byte : bytes) {
        if (complete_)
            break;
        if (const Fault fault = check(static_cast<unsigned char>(byte)); fault != Fault::none)
            return fault;
    }
    return Fault::none;
}

HeadScanner::Fault HeadScanner::check(unsigned char byte) noexcept {
    if (after_cr_ != (byte == '\n'))
        return Fault::line_end;
    after_cr_ = byte == '\r';
    if (after_cr_)
        return Fault::none;
    if (byte == '\n') {
        complete_ = in_fields_ && line_bytes_ == 0;
        in_fields_ = true;
        line_bytes_ = 0;
        return Fault::none;
    }
    const bool blank = byte == ' ' || byte == '\t';
    if ((byte < ' ' && !(in_fields_ && blank)) || byte == 0x7f)
        return Fault::control_character;
    if (in_fields_ && blank && line_bytes_ == 0)
        return Fault::continued_field;
    ++line_bytes_;
    if (in_fields_)
        return Fault::none;
    if (byte == ' ')
        ++spaces_;
    else if (spaces_ == 1 && ++target_bytes_ > target_limit_)
        return Fault::long_target;
    return Fault::none;
}

} // namespace portrait::http
