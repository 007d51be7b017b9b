#pragma once

#include "commit/batch_state.hpp"

#include <portrait/image_store.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace portrait::postgres {

/// The rows that the commands of a batch need.
struct BatchNeeds {
    std::vector<std::int32_t> persons;        ///< all of them
    std::vector<std::int32_t> linked_persons; ///< that may get a link
    std::vector<std::int32_t> saved_persons;  ///< that may get a new blob
    std::vector<std::int32_t> listed_persons; ///< that have to be in the directory
    std::vector<std::int32_t> blobs;          ///< that commands name
    std::vector<std::int32_t> removed_blobs;  ///< whose links end
    std::int32_t new_blobs = 0;               ///< without a person
    bool has_imports = false;
    bool has_erasures = false;
};

/// A write that waits for its transaction.
class Member {
public:
    explicit Member(Deadline until)
        : deadline{until} {}
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    virtual ~Member() = default;

    virtual void add_needs(BatchNeeds& needs) const = 0;
    /// Bytes that have to be stored; null: none.
    virtual const ImageContent* content() const noexcept { return nullptr; }
    /// Decides the command and keeps the outcome for `answer`. Can be repeated, as after a deadlock.
    [[nodiscard]] virtual result<void> apply(BatchState& state, const std::optional<Uuid>& content_id) = 0;
    /// Answers with the outcome, or with the error if there is one. Called once.
    virtual void answer(const Error* error) = 0;

    const Deadline deadline;
};

template<class Command, class Value>
class CommandMember final : public Member {
public:
    CommandMember(Command command, Completion<Value> completion, Deadline until)
        : Member{until}
        , command_{std::move(command)}
        , completion_{std::move(completion)} {}

    void add_needs(BatchNeeds& needs) const override {
        if constexpr (requires { command_.person_id; })
            add(needs, command_.person_id);
        else
            std::visit([&](const auto& target) { add(needs, target); }, command_.target);
        if constexpr (std::is_same_v<Command, SaveImage>)
            if (const auto* const person_id = std::get_if<PersonId>(&command_.target);
                person_id != nullptr && command_.for_listed_person)
                needs.listed_persons.push_back(person_id->value());
        if constexpr (requires { command_.blob_id; })
            needs.blobs.push_back(command_.blob_id.value());
        if constexpr (requires { command_.origin; })
            needs.has_imports = needs.has_imports || command_.origin;
        needs.has_erasures = needs.has_erasures || std::is_same_v<Command, EraseImage>;
    }

    const ImageContent* content() const noexcept override {
        if constexpr (std::is_same_v<Command, SaveImage>)
            return command_.content ? &*command_.content : nullptr;
        return nullptr;
    }

    [[nodiscard]] result<void> apply(BatchState& state,
                                     [[maybe_unused]] const std::optional<Uuid>& content_id) override {
        if constexpr (std::is_same_v<Command, SaveImage>)
            outcome_.emplace(state.apply(command_, content_id));
        else
            outcome_.emplace(state.apply(command_));
        return *outcome_ ? result<void>{} : outcome_->error();
    }

    void answer(const Error* error) override {
        completion_(error != nullptr ? result<Value>{*error} : *std::move(outcome_));
    }

private:
    static void add(BatchNeeds& needs, PersonId person_id) {
        const auto id = person_id.value();
        needs.persons.push_back(id);
        if constexpr (std::is_same_v<Command, SaveImage> || std::is_same_v<Command, LinkImage>)
            needs.linked_persons.push_back(id);
        if constexpr (std::is_same_v<Command, SaveImage>)
            needs.saved_persons.push_back(id);
    }
    static void add(BatchNeeds& needs, BlobId blob_id) {
        needs.blobs.push_back(blob_id.value());
        if constexpr (std::is_same_v<Command, RemoveImage>)
            needs.removed_blobs.push_back(blob_id.value());
    }
    static void add(BatchNeeds& needs, NewBlob /*target*/) { ++needs.new_blobs; }

    const Command command_;
    const Completion<Value> completion_;
    std::optional<result<Value>> outcome_;
};

using Members = std::vector<std::unique_ptr<Member>>;

} // namespace portrait::postgres
