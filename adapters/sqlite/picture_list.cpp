#include "folder/data_folder.hpp"

#include <portrait/sqlite/image_store.hpp>

namespace portrait::sqlite {

result<std::vector<PersonWithImage>> SqliteImageStore::persons_with_image(std::optional<PersonId> after,
                                                                          std::size_t most) const {
    const auto connection = folder_->readers().take();
    if (!connection)
        return connection.error();
    auto query = (**connection)
                     .query("SELECT person_image.person_id, person.name FROM person_image "
                            "JOIN blob ON blob.blob_id = person_image.blob_id "
                            "LEFT JOIN person ON person.person_id = person_image.person_id "
                            "WHERE person_image.person_id > ? AND blob.segment IS NOT NULL "
                            "ORDER BY person_image.person_id LIMIT ?");
    query.bind(std::int64_t{after ? after->value() : 0}).bind(static_cast<std::int64_t>(most));
    std::vector<PersonWithImage> persons;
    for (;;) {
        const auto row = query.next();
        if (!row)
            return row.error();
        if (!*row)
            return persons;
        const auto person_id = PersonId::from(query.integer(0));
        if (!person_id)
            return person_id.error();
        persons.push_back({*person_id, query.is_null(1) ? std::nullopt : std::optional{query.text(1)}});
    }
}

} // namespace portrait::sqlite
