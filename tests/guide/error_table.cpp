#include <portrait/error.hpp>
#include <portrait/http/problem.hpp>

#include <iostream>

// Prints rule, statuses and default sentence of every rule of the core in the format of the guide's table.
int main() {
    using namespace portrait;
    for (const auto& row : error_rules()) {
        const auto reading = http::status_of(row.code, http::Access::read);
        const auto writing = http::status_of(row.code, http::Access::write);
        std::cout << '`' << row.rule << "` | " << reading;
        if (writing != reading)
            std::cout << ", " << writing << " to a write";
        std::cout << " | " << row.message << '\n';
    }
}
