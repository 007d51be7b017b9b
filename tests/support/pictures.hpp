#pragma once

#include <portrait/testing/pictures.hpp>
