#include "endpoint/admission.hpp"

namespace portrait::http {

ConditionalFields::ConditionalFields(const RequestHead& head) {
    for (const std::string_view name : {"If-Match", "If-None-Match", "If-Modified-Since",
                                        "If-Unmodified-Since", "If-Range", "Range", "Accept"})
        if (head.find(name) != nullptr)
            fields_.emplace_back(name, head.joined(name));
}

RequestHead ConditionalFields::head() const {
    RequestHead head;
    for (const auto& [name, value] : fields_)
        head.fields.push_back({name, value});
    return head;
}

Admission::Admission(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}
Admission::Admission(Admission&&) noexcept = default;
Admission& Admission::operator=(Admission&&) noexcept = default;
Admission::~Admission() = default;

std::uint64_t Admission::body_limit() const noexcept {
    return state_ ? state_->body_limit : 0;
}

const std::string& Admission::principal() const noexcept {
    static const std::string nobody;
    return state_ ? state_->principal.name : nobody;
}

const std::string& Admission::request_id() const noexcept {
    static const std::string none;
    return state_ ? state_->request_id : none;
}

} // namespace portrait::http
