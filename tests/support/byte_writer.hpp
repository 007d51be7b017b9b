#pragma once

#include <portrait/testing/byte_writer.hpp>
