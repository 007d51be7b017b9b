#include "excision.hpp"

#include <utility>

namespace portrait::scrubbing {

void Excision::replace(MetadataKind kind, std::uint64_t from, std::uint64_t to,
                       std::span<const std::byte> replacement) {
    BOOST_ASSERT(kept_from_ <= from && from <= to);
    if (from == to)
        return;
    if (rest_.capacity() == 0)
        rest_.reserve(static_cast<std::size_t>(bytes_.size()));
    const auto kept = bytes_.part(kept_from_, from - kept_from_);
    rest_.insert(rest_.end(), kept.begin(), kept.end());
    rest_.insert(rest_.end(), replacement.begin(), replacement.end());
    kept_from_ = to;
    auto& count = removed_[static_cast<std::size_t>(kind)];
    count.kind = kind;
    ++count.parts;
    count.bytes += to - from;
}

std::vector<std::byte> Excision::take_rest() {
    if (kept_from_ == 0)
        return {};
    const auto kept = bytes_.part(kept_from_, bytes_.size() - kept_from_);
    rest_.insert(rest_.end(), kept.begin(), kept.end());
    if (rest_.capacity() - rest_.size() > rest_.size() / 8)
        rest_.shrink_to_fit();
    return std::move(rest_);
}

std::vector<RemovedMetadata> Excision::removed() const {
    std::vector<RemovedMetadata> removed;
    for (const auto& count : removed_)
        if (count.parts != 0)
            removed.push_back(count);
    return removed;
}

} // namespace portrait::scrubbing
