#pragma once

#include <portrait/export.hpp>

#include <atomic>
#include <string_view>

namespace portrait {

/// A function that is called with the name of each injection point, on the thread that comes there.
using InjectionHook = void (*)(std::string_view name);

#ifdef PORTRAIT_INJECTION_POINTS
/// Null: nothing is called.
PORTRAIT_EXPORT inline std::atomic<InjectionHook> injection_hook{nullptr};
#endif

/// A named place where portrait's own tests stop a thread, so that others overtake it there. Does nothing
/// unless portrait was built with PORTRAIT_INJECTION_POINTS, which no release is. The points:
///
/// | Name | The thread |
/// |---|---|
/// | `cache/read` | has read a picture from the store behind a cache, and will keep it there |
/// | `sqlite/row_read` | has read a picture's row, and will read its bytes |
/// | `sqlite/link_found` | has found a person's link in memory, and will look for the blob |
/// | `sqlite/rows_listed` | has read rows after the opening, and will keep them in memory |
/// | `sqlite/row_found` | has read a row from the database, and will keep it in memory |
/// | `sqlite/committed` | has committed a batch, and will allow its rows in memory again |
/// | `sqlite/audit_prepared` | has recorded a write in the audit log, and will commit it |
/// | `sqlite/readers_gone` | has seen the end of all earlier readers, and will erase what was freed |
/// | `postgres/decided` | has locked a batch's rows and decided its writes, and will send the changes |
/// | `postgres/changes_sent` | has sent the changes, in part, and will send COMMIT |
/// | `session/found` | has found a session, and will check whether its user may still sign in |
/// | `transfer/batch_written` | has moved some pictures into another store |
/// | `transfer/copied` | has moved all rows, and will compare them |
/// | `transfer/approved` | has compared both stores, and will seal the old one |
/// | `transfer/sealed` | has sealed the old store, and will open the new one |
inline void injection_point([[maybe_unused]] std::string_view name) {
#ifdef PORTRAIT_INJECTION_POINTS
    if (const auto hook = injection_hook.load(std::memory_order_acquire); hook != nullptr)
        hook(name);
#endif
}

} // namespace portrait
