#include <portrait/http/response_fields.hpp>

#include <portrait/http/message.hpp>

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <array>
#include <forward_list>
#include <string>
#include <utility>

namespace portrait::http {

struct ResponseFields::Storage {
    boost::container::small_vector<ResponseField, 16> fields;
    std::size_t used = 0; ///< of `text`
    std::array<char, 512> text;
    std::forward_list<std::string> further; ///< values for which `text` has no room

    std::string_view copy(std::string_view value) {
        if (value.size() > text.size() - used)
            return further.emplace_front(value);
        auto* const begin = text.data() + used;
        std::copy(value.begin(), value.end(), begin);
        used += value.size();
        return {begin, value.size()};
    }
};

ResponseFields::ResponseFields() noexcept = default;
ResponseFields::ResponseFields(ResponseFields&&) noexcept = default;
ResponseFields::~ResponseFields() = default;

ResponseFields::ResponseFields(const ResponseFields& other) {
    for (const auto& field : other)
        add(field.name, field.value);
}

ResponseFields& ResponseFields::operator=(ResponseFields other) noexcept {
    storage_ = std::move(other.storage_);
    return *this;
}

void ResponseFields::add(std::string_view name, std::string_view value) {
    auto& owned = storage();
    owned.fields.push_back({name, owned.copy(value)});
}

void ResponseFields::set(std::string_view name, std::string_view value) {
    if (auto* const field = find_field(name))
        field->value = storage().copy(value);
    else
        add(name, value);
}

const std::string_view* ResponseFields::find(std::string_view name) const noexcept {
    const auto* const field = find_field(name);
    return field == nullptr ? nullptr : &field->value;
}

const ResponseField* ResponseFields::begin() const noexcept {
    return storage_ == nullptr ? nullptr : storage_->fields.data();
}

const ResponseField* ResponseFields::end() const noexcept {
    return storage_ == nullptr ? nullptr : storage_->fields.data() + storage_->fields.size();
}

ResponseFields::Storage& ResponseFields::storage() {
    if (storage_ == nullptr)
        storage_.reset(new Storage); // not cleared, as make_unique would
    return *storage_;
}

ResponseField* ResponseFields::find_field(std::string_view name) const noexcept {
    if (storage_ == nullptr)
        return nullptr;
    auto& fields = storage_->fields;
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const ResponseField& field) {
        return equal_ignoring_case(field.name, name);
    });
    return found == fields.end() ? nullptr : &*found;
}

} // namespace portrait::http
