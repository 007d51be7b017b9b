#include <portrait/memory_person_directory.hpp>
#include <portrait/person_directory.hpp>

#include <mutex>

namespace portrait {

result<bool> AnyPersonDirectory::contains(PersonId) const {
    return true;
}

MemoryPersonDirectory::MemoryPersonDirectory(std::initializer_list<PersonId> persons)
    : persons_{persons} {}

void MemoryPersonDirectory::add(PersonId person_id) {
    const std::unique_lock lock{mutex_};
    persons_.insert(person_id);
}

void MemoryPersonDirectory::remove(PersonId person_id) {
    const std::unique_lock lock{mutex_};
    persons_.erase(person_id);
}

result<bool> MemoryPersonDirectory::contains(PersonId person_id) const {
    const std::shared_lock lock{mutex_};
    return persons_.contains(person_id);
}

} // namespace portrait
