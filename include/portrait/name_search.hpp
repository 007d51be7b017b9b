#pragma once

#include <portrait/export.hpp>

#include <string>
#include <string_view>

namespace portrait {

/// Finds a text in full names, in any case. Immutable, so thread-safe.
///
/// The case of Latin, Greek, Cyrillic and Armenian letters is ignored; ß equals ss, and ς equals σ. Accents
/// count, and a letter with an accent as a code point of its own differs from the composed letter: store
/// names in Unicode's form NFC, as keyboards write them. Bytes that are no UTF-8 equal themselves only.
///
/// ```cpp
/// NameSearch{"ÅSE"}.matches("Åse Lund"); // true
/// ```
class PORTRAIT_EXPORT NameSearch {
public:
    /// An empty text is in each name.
    explicit NameSearch(std::string_view text);

    /// Whether the text is in the name. Time is linear in the name's length for texts of usual length.
    bool matches(std::string_view full_name) const;

private:
    std::string folded_;
};

} // namespace portrait
