#include <portrait/erasure_receipt.hpp>
#include <portrait/printable.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace portrait {
namespace {

/// A string of JSON. `printable` leaves nothing to escape but these two.
std::string json_string(std::string_view text) {
    std::string string = "\"";
    for (const char letter : printable(text)) {
        if (letter == '"' || letter == '\\')
            string += '\\';
        string += letter;
    }
    return string += '"';
}

std::vector<std::int32_t> values_of(const std::vector<BlobId>& blob_ids) {
    std::vector<std::int32_t> values;
    std::transform(blob_ids.begin(), blob_ids.end(), std::back_inserter(values),
                   [](BlobId blob_id) { return blob_id.value(); });
    return values;
}

std::string_view text_of(NameErasure name) {
    switch (name) {
    case NameErasure::kept: return "kept";
    case NameErasure::forgotten: return "forgotten";
    case NameErasure::absent: break;
    }
    return "absent";
}

} // namespace

std::string to_json(const ErasureReceipt& receipt) {
    std::vector<std::string> unproven;
    std::transform(receipt.unproven.begin(), receipt.unproven.end(), std::back_inserter(unproven),
                   json_string);
    return fmt::format(
        R"({{"person_id":{},"erased_at":"{}","by":{{"associate_id":{},"name":{}}},"store":{},"erasure":{},)"
        R"("erased_blob_ids":[{}],"kept_blob_ids":[{}],"name":"{}","proven":{},"unproven":[{}]}})",
        receipt.person_id.value(), utc_text(receipt.at), receipt.by.associate_id,
        json_string(receipt.by.name), json_string(receipt.epoch), receipt.number,
        fmt::join(values_of(receipt.erased), ","), fmt::join(values_of(receipt.kept), ","),
        text_of(receipt.name), unproven.empty(), fmt::join(unproven, ","));
}

} // namespace portrait
