#pragma once

#include <portrait/testing/conformance/persons.hpp>

#include <functional>

namespace portrait::testing {

/// Makes an empty directory on each call.
using DirectoryFactory = std::function<TestedDirectory()>;

/// Tests a `PersonDirectory` that has full names and lists them. It is a header alone, since it needs the
/// Catch2 (2.13 or 3) of your test program. Call it in a `TEST_CASE`; each promise is a section of its own:
///
/// ```cpp
/// TEST_CASE("my directory keeps the promises of PersonDirectory") {
///     portrait::testing::person_directory_conformance([]() -> portrait::testing::TestedDirectory {
///         const auto directory = std::make_shared<MyDirectory>();
///         return {directory, [directory](portrait::PersonId id, std::string name) {
///             directory->insert(id, std::move(name));
///         }};
///     });
/// }
/// ```
inline void person_directory_conformance(const DirectoryFactory& make_directory) {
    using namespace conformance;
    const auto tested = make_directory();
    REQUIRE(tested.directory != nullptr);
    test_finding(tested);
    test_listing(tested);
    test_changes(tested);
}

} // namespace portrait::testing
