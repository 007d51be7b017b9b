#pragma once

/// What of portrait's shared libraries can be seen from outside: `PORTRAIT_EXPORT` marks it, everything else
/// is hidden. One macro serves all libraries, since ELF doesn't tell import and export apart.
/// `PORTRAIT_STATIC` comes with the static libraries' targets; without it their symbols would be exported
/// again by a shared library of yours that links them.
#if defined(PORTRAIT_STATIC)
#define PORTRAIT_EXPORT
#define PORTRAIT_HIDDEN
#else
#define PORTRAIT_EXPORT [[gnu::visibility("default")]]
#define PORTRAIT_HIDDEN [[gnu::visibility("hidden")]]
#endif
