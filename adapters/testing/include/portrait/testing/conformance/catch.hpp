#pragma once

// Catch2 2 keeps everything in one header, Catch2 3 in several.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
