#pragma once

#include <map>
#include <optional>
#include <string>

/// A colleague: data of the existing service, independent of portrait.
struct Colleague {
    std::string name;
    std::string key; ///< the bearer token of the colleague's programs
    bool edits_pictures = false;
};

/// By number. Filled before the server starts and then constant, so any thread may read it.
using Staff = std::map<int, Colleague>;
