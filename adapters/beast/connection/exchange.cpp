#include "connection/exchange.hpp"

#include <openssl/crypto.h>

#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace portrait::http {
namespace {

constexpr std::size_t max_spare_workspaces = 64;
constexpr std::size_t max_kept_buffer = 8192; // most heads need no more

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): connections stay on one thread
thread_local std::vector<Workspace> spare_workspaces;

} // namespace

void ConnectionExchange::wipe_secrets() noexcept {
    for (const RequestField& field : head.fields) {
        if (equal_ignoring_case(field.name, "Authorization") || equal_ignoring_case(field.name, "Cookie") ||
            equal_ignoring_case(field.name, "SO-AppToken") ||
            equal_ignoring_case(field.name, "X-XSRF-TOKEN")) {
            OPENSSL_cleanse(const_cast<char*>(field.value.data()), field.value.size());
        }
    }
    head.fields.clear();
}

void ConnectionExchange::clear() {
    wipe_secrets();
    parser.reset();
    head_memory.release();
    auto fields = std::move(head.fields);
    head = {};
    head.fields = std::move(fields);
    charge = {};
    answer = {};
    piece_charge = {};
    share.reset();
    response = {};
    no_room = false;
    if (stop.stop_requested())
        stop = std::stop_source{};
    abandoned = false;
}

void ConnectionExchange::start_parser() {
    parser.emplace(std::piecewise_construct, std::make_tuple(),
                   std::make_tuple(FieldAllocator{&head_memory}));
}

void ConnectionExchange::count(Response& made) noexcept {
    try {
        no_room = !answer.replace(made.body, !made.repeatable);
        if (no_room)
            made.body = std::monostate{};
    } catch (...) { // no memory to count with
        no_room = made.repeatable;
    }
}

void ConnectionExchange::count(result<BodyProducer::Piece>& piece_made) noexcept {
    if (!piece_made || !*piece_made)
        return;
    try {
        if (!piece_charge.replace(**piece_made))
            piece_made = Error{errc::service_busy}.with_cause("too many bytes of answers are in flight");
    } catch (...) { // NOLINT(bugprone-empty-catch): it goes uncounted
    }
}

void prepare_workspaces() {
    spare_workspaces.reserve(max_spare_workspaces);
}

void keep_workspace(Workspace workspace) {
    if (spare_workspaces.size() < max_spare_workspaces && workspace.buffer.capacity() <= max_kept_buffer &&
        workspace.head_text.capacity() <= max_kept_buffer)
        spare_workspaces.push_back(std::move(workspace));
}

Workspace spare_workspace() {
    if (spare_workspaces.empty())
        return {};
    Workspace spare = std::move(spare_workspaces.back());
    spare_workspaces.pop_back();
    return spare;
}

} // namespace portrait::http
