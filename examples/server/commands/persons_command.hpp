#pragma once

#include "options/options.hpp"

namespace portrait_server {

/// `persons import FILE.csv`: returns the exit code.
int import_persons(const Settings& settings, const ImportPersons& command);

/// `persons add ID NAME`: returns the exit code.
int add_person(const Settings& settings, const AddPerson& command);

} // namespace portrait_server
