#pragma once

#include <portrait/testing/manual_clock.hpp>
