#include "formats/merge_patch.hpp"

#include "formats/json_reader.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

void remove_member(json::object& object, std::string_view name) {
    const auto* found = find_member(object, name);
    if (found == nullptr)
        return;
    object.erase(std::find_if(object.begin(), object.end(),
                              [&](const auto& member) { return &member.value() == found; }));
}

} // namespace

json::value merged(json::value target, const json::value& patch) {
    const auto* members = patch.if_object();
    if (members == nullptr)
        return patch;
    if (!target.is_object())
        target = json::object{};
    auto& object = target.get_object();
    for (const auto& member : *members) {
        if (member.value().is_null()) {
            remove_member(object, member.key());
        } else if (auto* present = find_member(object, member.key())) {
            *present = merged(std::move(*present), member.value());
        } else {
            object.emplace(member.key(), merged(nullptr, member.value()));
        }
    }
    return target;
}

} // namespace portrait::http
