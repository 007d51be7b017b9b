#pragma once

#include <portrait/error.hpp>

#include <functional>

namespace portrait {

/// The function that a port calls once with the outcome, on any thread, perhaps before the call returns. It
/// must be quick and must not throw or block: the calling thread may be the only one that commits or reads.
template<class T>
using Completion = std::function<void(result<T>)>;

} // namespace portrait
