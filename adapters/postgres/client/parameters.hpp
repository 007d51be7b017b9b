#pragma once

#include "client/uuid.hpp"

#include <boost/container/small_vector.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::postgres {

/// The parameters of a statement in PostgreSQL's binary format.
class Parameters {
public:
    template<class... Values>
    static Parameters of(const Values&... values) {
        Parameters parameters;
        (parameters.add(values), ...);
        return parameters;
    }

    void add(std::int32_t value);
    void add(std::int64_t value);
    void add(bool value);
    /// Text, which is copied.
    void add(std::string_view text);
    void add(const char* text) { add(std::string_view{text}); }
    void add(const std::string& text) { add(std::string_view{text}); }
    /// Bytes, which are not copied: they have to live until the statement is sent.
    void add(std::span<const std::byte> bytes);
    void add(const Uuid& value);
    void add(std::nullptr_t);
    /// An int4[].
    void add(std::span<const std::int32_t> values);
    void add(const std::vector<std::int32_t>& values) { add(std::span{values}); }
    /// A uuid[].
    void add(std::span<const Uuid> values);
    void add(const std::vector<Uuid>& values) { add(std::span{values}); }
    /// A bytea[].
    void add(std::span<const std::array<std::uint8_t, 32>> digests);
    void add(const std::vector<std::array<std::uint8_t, 32>>& digests) { add(std::span{digests}); }
    template<class T>
    void add(const std::optional<T>& value) {
        if (value)
            add(*value);
        else
            add(nullptr);
    }

    /// The arguments of libpq's calls, valid until the next `add`.
    struct Arguments {
        std::vector<const char*> values;
        std::vector<int> lengths;
        std::vector<int> formats;
    };
    Arguments arguments() const;

private:
    struct Value {
        const char* outside = nullptr; ///< null: in `bytes_`, or SQL's NULL
        std::size_t begin = 0;
        int length = -1; ///< -1: NULL
    };

    void append(std::uint64_t value, unsigned bytes);
    void begin_array(std::uint32_t element_type, std::size_t count);
    template<class Write>
    void add_inside(const Write& write);

    std::string bytes_;
    boost::container::small_vector<Value, 8> values_;
};

} // namespace portrait::postgres
