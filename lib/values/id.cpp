#include <portrait/id.hpp>

#include <limits>
#include <ostream>

namespace portrait::detail {

template<class Tag, errc Rule>
result<Identifier<Tag, Rule>> Identifier<Tag, Rule>::from(std::int64_t value) {
    if (value < 1 || value > std::numeric_limits<std::int32_t>::max())
        return Error{Rule};
    return Identifier{static_cast<std::int32_t>(value)};
}

template<class Tag, errc Rule>
result<Identifier<Tag, Rule>> Identifier<Tag, Rule>::parse(std::string_view text) {
    std::int64_t value = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9' || value > std::numeric_limits<std::int32_t>::max())
            return Error{Rule};
        value = value * 10 + (digit - '0');
    }
    return from(value);
}

template<class Tag, errc Rule>
std::ostream& Identifier<Tag, Rule>::write(std::ostream& out, std::int32_t value) {
    return out << value;
}

template class Identifier<PersonIdTag, errc::person_invalid_id>;
template class Identifier<BlobIdTag, errc::blob_invalid_id>;

} // namespace portrait::detail
