// The upper bound for PostgresImageStore: bare libpq with as many connections, the same batches and
// pipelines, and the statements that a save or a read can't do without. No queue, no decisions, no checks of
// bytes. usage: portrait_postgres_loop CONNECTION SCHEMA CALL CONNECTIONS DEPTH PERSONS BYTES SECONDS
//   CALL: put (DEPTH saves per transaction), get (row and bytes), or info (row); DEPTH reads in flight on
//   each connection. The store's tables have to be filled.

#include "postgres_go.hpp"

#include <portrait/digest.hpp>

#include <array>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

struct Statement {
    const char* name;
    const char* text;
};

#define ROW                                                                                                  \
    "SELECT b.blob_id, b.version, b.content_id, b.size, b.media_type, b.width, b.height, b.digest, "         \
    "b.description, b.extra_info, b.conceptual_type, b.created_at, b.created_by, b.created_by_name, "        \
    "b.created_by_full_name, b.created_by_person, b.updated_at, b.updated_by, b.updated_by_name, "           \
    "b.updated_by_full_name, b.updated_by_person, b.last_modified, s.link_version, s.linked_at"
#define OF_PERSON " FROM person_slot s JOIN blob b ON b.blob_id = s.blob_id "

constexpr std::array all{
    Statement{"begin", "BEGIN"},
    Statement{"token", "INSERT INTO commit_token (token, fenced) VALUES (gen_random_uuid(), false)"},
    Statement{"content", "INSERT INTO content (content_id, bytes) VALUES ($1, $2)"},
    Statement{"slots",
              "SELECT person_id, blob_id, link_version FROM person_slot WHERE person_id = ANY($1::int[]) "
              "ORDER BY person_id FOR UPDATE"},
    Statement{"blobs", ROW ", s.person_id" OF_PERSON
                           "WHERE s.person_id = ANY($1::int[]) ORDER BY b.blob_id FOR UPDATE OF b"},
    Statement{"update", "UPDATE blob SET version = version + 1, content_id = $2, digest = $3, updated_at = "
                        "updated_at + 1 WHERE blob_id = $1"},
    Statement{"delete", "DELETE FROM content WHERE content_id = ANY($1::uuid[])"},
    Statement{"commit", "COMMIT"},
    Statement{"get", ROW ", c.bytes" OF_PERSON
                         "LEFT JOIN content c ON c.content_id = b.content_id WHERE s.person_id = $1"},
    Statement{"info", ROW OF_PERSON "WHERE s.person_id = $1"},
};

[[noreturn]] void fail(PGconn* connection, const char* doing) {
    std::fprintf(stderr, "%s: %s\n", doing, PQerrorMessage(connection));
    std::exit(1);
}

std::string big_endian(std::uint64_t value, unsigned bytes) {
    std::string text;
    for (unsigned shift = bytes * 8; shift != 0; shift -= 8)
        text += static_cast<char>(value >> (shift - 8));
    return text;
}

std::int32_t number_at(const PGresult* rows, int row, int column) {
    std::uint32_t value = 0;
    for (int index = 0; index < 4; ++index)
        value = value << 8U | static_cast<unsigned char>(PQgetvalue(rows, row, column)[index]);
    return static_cast<std::int32_t>(value);
}

/// An array of PostgreSQL's binary format.
template<class Values>
std::string array_of(std::uint32_t type, const Values& values) {
    auto text = big_endian(1, 4) + big_endian(0, 4) + big_endian(type, 4) + big_endian(values.size(), 4) +
                big_endian(1, 4);
    for (const std::string& value : values)
        text += big_endian(value.size(), 4) + value;
    return text;
}

class Connection {
public:
    Connection(const char* info, const std::string& schema)
        : connection_{PQconnectdb(info)} {
        if (PQstatus(connection_) != CONNECTION_OK)
            fail(connection_, "connecting");
        PQclear(PQexec(connection_, ("SET jit = off; SET search_path = " + schema).c_str()));
        for (const auto& statement : all) {
            PGresult* const prepared = PQprepare(connection_, statement.name, statement.text, 0, nullptr);
            if (PQresultStatus(prepared) != PGRES_COMMAND_OK)
                fail(connection_, statement.name);
            PQclear(prepared);
        }
        if (PQenterPipelineMode(connection_) != 1)
            fail(connection_, "the pipeline");
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { PQfinish(connection_); }

    void send(const char* name, std::initializer_list<std::string_view> parameters = {}) {
        std::vector<const char*> values;
        std::vector<int> lengths;
        const std::vector<int> formats(parameters.size(), 1);
        for (const auto& parameter : parameters) {
            values.push_back(parameter.data());
            lengths.push_back(static_cast<int>(parameter.size()));
        }
        if (PQsendQueryPrepared(connection_, name, static_cast<int>(values.size()), values.data(),
                                lengths.data(), formats.data(), 1) != 1)
            fail(connection_, name);
        ++sent_;
    }

    void end_group() {
        if (PQpipelineSync(connection_) != 1)
            fail(connection_, "sending");
    }

    /// Takes the outcomes of a group of `count` statements, with a call for each.
    template<class Call>
    void take(int count, const Call& call) {
        for (int index = 0; index < count; ++index) {
            PGresult* const rows = PQgetResult(connection_);
            const auto status = PQresultStatus(rows);
            if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
                fail(connection_, "a statement");
            call(index, rows);
            PQclear(rows);
            PQclear(PQgetResult(connection_));
        }
        PGresult* const end = PQgetResult(connection_);
        if (PQresultStatus(end) != PGRES_PIPELINE_SYNC)
            fail(connection_, "the end of a group");
        PQclear(end);
    }

    int take_sent() { return std::exchange(sent_, 0); }

private:
    PGconn* connection_;
    int sent_ = 0;
};

struct Blob {
    std::string id;
    std::string content_id;
};

/// Saves a picture for each of some persons in one transaction.
void save(Connection& connection, const std::set<std::int32_t>& persons, std::string_view picture,
          std::string_view digest, std::mt19937_64& random) {
    std::vector<std::string> ids;
    std::map<std::int32_t, std::string> contents;
    connection.send("begin");
    connection.send("token");
    for (const auto person : persons) {
        ids.push_back(big_endian(static_cast<std::uint32_t>(person), 4));
        const auto& content = contents[person] = big_endian(random(), 8) + big_endian(random(), 8);
        connection.send("content", {content, picture});
    }
    const auto list = array_of(23, ids);
    connection.send("slots", {list});
    connection.send("blobs", {list});
    connection.end_group();
    std::map<std::int32_t, Blob> blobs;
    const int sent = connection.take_sent();
    connection.take(sent, [&](int index, const PGresult* rows) {
        for (int row = 0; index == sent - 1 && row < PQntuples(rows); ++row)
            blobs[number_at(rows, row, PQnfields(rows) - 1)] = {{PQgetvalue(rows, row, 0), 4},
                                                                {PQgetvalue(rows, row, 2), 16}};
    });
    std::vector<std::string> replaced;
    for (const auto& [person, blob] : blobs) {
        connection.send("update", {blob.id, contents[person], digest});
        replaced.push_back(blob.content_id);
    }
    const auto replaced_list = array_of(2950, replaced);
    connection.send("delete", {replaced_list});
    connection.send("commit");
    connection.end_group();
    connection.take(connection.take_sent(), [](int, const PGresult*) {});
}

struct Settings {
    const char* info;
    std::string schema;
    std::string call;
    int connections;
    int depth;
    std::int32_t persons;
    std::size_t bytes;
};

void save_on_one_connection(const Settings& settings, Go& go) {
    Connection connection{settings.info, settings.schema};
    std::mt19937_64 random{std::random_device{}()};
    std::uniform_int_distribution<std::int32_t> any_person{1, settings.persons};
    std::string picture(settings.bytes, '\0');
    for (auto& letter : picture)
        letter = static_cast<char>(random());
    const auto digest = portrait::digest_of(std::as_bytes(std::span{picture}));
    const std::string_view digest_bytes{reinterpret_cast<const char*>(digest.bytes.data()),
                                        digest.bytes.size()};
    while (!go.is_over()) {
        std::set<std::int32_t> persons;
        while (persons.size() < static_cast<std::size_t>(settings.depth))
            persons.insert(any_person(random));
        const auto begin = Go::Clock::now();
        save(connection, persons, picture, digest_bytes, random);
        for (int count = 0; count < settings.depth; ++count)
            go.count(begin);
    }
}

void read_on_one_connection(const Settings& settings, Go& go) {
    Connection connection{settings.info, settings.schema};
    std::minstd_rand random{std::random_device{}()};
    std::uniform_int_distribution<std::int32_t> any_person{1, settings.persons};
    std::deque<Go::Clock::time_point> begun;
    while (!go.is_over() || !begun.empty()) {
        while (!go.is_over() && begun.size() < static_cast<std::size_t>(settings.depth)) {
            begun.push_back(Go::Clock::now());
            connection.send(settings.call.c_str(),
                            {big_endian(static_cast<std::uint32_t>(any_person(random)), 4)});
            connection.end_group();
        }
        if (begun.empty())
            return;
        connection.take(1, [](int, const PGresult* rows) {
            if (PQntuples(rows) != 1) {
                std::fprintf(stderr, "a person has no picture\n");
                std::exit(1);
            }
        });
        go.count(begun.front());
        begun.pop_front();
    }
}

} // namespace

int main(int count, char** arguments) {
    if (count != 9) {
        std::fprintf(stderr,
                     "usage: portrait_postgres_loop CONNECTION SCHEMA put|get|info CONNECTIONS DEPTH PERSONS "
                     "BYTES SECONDS\n");
        return 2;
    }
    const Settings settings{.info = arguments[1],
                            .schema = arguments[2],
                            .call = arguments[3],
                            .connections = std::atoi(arguments[4]),
                            .depth = std::atoi(arguments[5]),
                            .persons = std::atoi(arguments[6]),
                            .bytes = static_cast<std::size_t>(std::atoll(arguments[7]))};
    Go go{std::atof(arguments[8])};
    std::vector<std::thread> threads;
    for (int index = 0; index < settings.connections; ++index)
        threads.emplace_back([&] {
            settings.call == "put" ? save_on_one_connection(settings, go)
                                   : read_on_one_connection(settings, go);
        });
    go.run();
    for (auto& thread : threads)
        thread.join();
}
