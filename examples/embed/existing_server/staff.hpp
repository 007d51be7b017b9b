#pragma once

#include <map>
#include <optional>
#include <string>

/// Whoever works here. A service's own data: portrait knows nothing of it.
struct Colleague {
    std::string name;
    std::string key; ///< what the colleague's programs show
    bool edits_pictures = false;
};

/// By number; filled before the server starts and unchanged since, so any thread may read it.
using Staff = std::map<int, Colleague>;
