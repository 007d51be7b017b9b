#pragma once

// Every public header includes this one.
#if __cplusplus < 202002L
#error "portrait needs C++20: compile with -std=c++20 or later"
#endif

/// `PORTRAIT_EXPORT` marks the visible symbols of portrait's shared libraries; all others are hidden. One
/// macro serves all libraries, since ELF doesn't distinguish import from export. `PORTRAIT_STATIC` comes with
/// the static libraries' targets; without it, a shared library of yours that links them would export their
/// symbols again.
#if defined(PORTRAIT_STATIC)
#define PORTRAIT_EXPORT
#define PORTRAIT_HIDDEN
#else
#define PORTRAIT_EXPORT [[gnu::visibility("default")]]
#define PORTRAIT_HIDDEN [[gnu::visibility("hidden")]]
#endif
