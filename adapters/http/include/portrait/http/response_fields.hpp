#pragma once

#include <portrait/export.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace portrait::http {

/// One header field of an answer; views, see `ResponseFields`.
struct ResponseField {
    std::string_view name; ///< of static storage, such as a literal
    std::string_view value;
};

/// The header fields of an answer in their order, with a copy of their values. One allocation suffices for 16
/// fields with 512 bytes of values. Views of values stay valid, after a move too, until the fields that own
/// them are destroyed or assigned to.
class PORTRAIT_EXPORT ResponseFields {
public:
    ResponseFields() noexcept;
    ResponseFields(const ResponseFields& other);
    ResponseFields(ResponseFields&& other) noexcept;
    ResponseFields& operator=(ResponseFields other) noexcept;
    ~ResponseFields();

    /// Adds a field, after others of that name too: each cookie has a field of its own.
    void add(std::string_view name, std::string_view value);
    /// Replaces the first field of that name (case-insensitive), or adds one.
    void set(std::string_view name, std::string_view value);
    /// Null when there is none of that name (case-insensitive).
    const std::string_view* find(std::string_view name) const noexcept;

    const ResponseField* begin() const noexcept;
    const ResponseField* end() const noexcept;
    std::size_t size() const noexcept { return static_cast<std::size_t>(end() - begin()); }
    bool empty() const noexcept { return begin() == end(); }
    /// The position has to be below `size()`.
    const ResponseField& operator[](std::size_t position) const noexcept { return begin()[position]; }

private:
    struct Storage;

    Storage& storage();
    ResponseField* find_field(std::string_view name) const noexcept;

    std::unique_ptr<Storage> storage_; ///< null: no field
};

} // namespace portrait::http
