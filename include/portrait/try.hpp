#pragma once

#include <portrait/error.hpp>

/// Evaluates a result and, if it has an error, returns the error from the calling function.
///
/// ```cpp
/// PORTRAIT_TRY(file->sync());
/// PORTRAIT_TRY_GET(size, file->size());
/// ```
#define PORTRAIT_TRY(expression)                                                                             \
    do {                                                                                                     \
        if (const auto tried_ = (expression); !tried_)                                                       \
            return tried_.error();                                                                           \
    } while (false)

/// As `PORTRAIT_TRY`. Declares `name`, a reference to the value, which lives until the end of the block.
#define PORTRAIT_TRY_GET(name, expression)                                                                   \
    auto name##_or_error = (expression);                                                                     \
    if (!name##_or_error)                                                                                    \
        return name##_or_error.error();                                                                      \
    auto& name = *name##_or_error // NOLINT(bugprone-macro-parentheses): a declaration takes none
