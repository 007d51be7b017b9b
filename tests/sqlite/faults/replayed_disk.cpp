#include "replayed_disk.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace portrait::testing {
namespace {

constexpr std::size_t sector = 512;

/// A write or a part of it: the sectors of [begin, end) of the call.
void write_part(std::vector<std::byte>& file, const DiskCall& call, std::size_t begin, std::size_t end) {
    const auto offset = static_cast<std::size_t>(call.offset);
    if (file.size() < offset + end)
        file.resize(offset + end);
    std::copy(call.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
              call.bytes.begin() + static_cast<std::ptrdiff_t>(end),
              file.begin() + static_cast<std::ptrdiff_t>(offset + begin));
}

void change(std::vector<std::byte>& file, const DiskCall& call) {
    switch (call.kind) {
    case DiskCall::Kind::write: write_part(file, call, 0, call.bytes.size()); break;
    case DiskCall::Kind::resize: file.resize(static_cast<std::size_t>(call.offset)); break;
    case DiskCall::Kind::zero: {
        const auto begin = std::min<std::size_t>(call.offset, file.size());
        const auto end = std::min<std::size_t>(call.offset + call.length, file.size());
        std::fill(file.begin() + static_cast<std::ptrdiff_t>(begin),
                  file.begin() + static_cast<std::ptrdiff_t>(end), std::byte{});
        break;
    }
    default: break;
    }
}

/// Each sector of a write is on the disk or not.
void tear(std::vector<std::byte>& file, const DiskCall& call, std::mt19937& random) {
    for (std::size_t begin = 0; begin < call.bytes.size();) {
        const auto in_sector = (static_cast<std::size_t>(call.offset) + begin) % sector;
        const auto end = std::min(call.bytes.size(), begin + sector - in_sector);
        if (random() % 2 == 0)
            write_part(file, call, begin, end);
        begin = end;
    }
}

void write_file(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
    std::ofstream file{path, std::ios::binary};
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file)
        throw std::runtime_error{"can't write " + path.string()};
    ::chmod(path.c_str(), S_IRUSR | S_IWUSR);
}

std::vector<std::byte> bytes_of(const std::filesystem::path& path) {
    std::ifstream stream{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator{stream}, {}};
    std::vector<std::byte> bytes(text.size());
    std::transform(text.begin(), text.end(), bytes.begin(),
                   [](char character) { return static_cast<std::byte>(character); });
    return bytes;
}

} // namespace

ReplayedDisk::ReplayedDisk()
    : root_{std::make_shared<Node>()} {
    root_->is_folder = true;
    nodes_.push_back(root_);
}

void ReplayedDisk::load(const std::filesystem::path& folder) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
        const auto path = entry.path().lexically_relative(folder).string();
        const auto [parent, name] = place_of(path);
        const auto node = std::make_shared<Node>();
        node->is_folder = entry.is_directory();
        if (entry.is_regular_file())
            node->durable = bytes_of(entry.path());
        else if (!node->is_folder)
            continue;
        nodes_.push_back(node);
        parent->names[name] = parent->durable_names[name] = node;
    }
}

ReplayedDisk::NodePointer ReplayedDisk::find(const std::string& path) const {
    auto node = root_;
    for (const auto& part : std::filesystem::path{path}) {
        const auto found = node->names.find(part.string());
        if (found == node->names.end())
            return nullptr;
        node = found->second;
    }
    return node;
}

std::pair<ReplayedDisk::NodePointer, std::string> ReplayedDisk::place_of(const std::string& path) const {
    const std::filesystem::path whole{path};
    auto folder = find(whole.parent_path().string());
    if (!folder || !folder->is_folder)
        throw std::runtime_error{"the log has no folder of " + path};
    return {std::move(folder), whole.filename().string()};
}

void ReplayedDisk::note(NameChange change) {
    change.position = applied_;
    change_names(change.folder->names, change, Fate::done);
    pending_names_.push_back(std::move(change));
}

void ReplayedDisk::rename(const DiskCall& call) {
    const auto [folder, from] = place_of(call.path);
    const auto [to_folder, to] = place_of(call.to);
    if (folder != to_folder)
        throw std::runtime_error{"the model has no renames between folders: " + call.path};
    if (const auto found = folder->names.find(from); found != folder->names.end())
        note({NameChange::Kind::rename, 0, folder, to, NodePointer{found->second}, from});
}

void ReplayedDisk::apply(const DiskCall& call) {
    using Kind = DiskCall::Kind;
    switch (call.kind) {
    case Kind::mark: break;
    case Kind::create:
    case Kind::make_folder:
        if (!find(call.path)) {
            const auto [folder, name] = place_of(call.path);
            const auto node = std::make_shared<Node>();
            node->is_folder = call.kind == Kind::make_folder;
            nodes_.push_back(node);
            note({NameChange::Kind::make, 0, folder, name, node, {}});
        }
        break;
    case Kind::link:
        if (auto node = find(call.path)) {
            const auto [folder, name] = place_of(call.to);
            note({NameChange::Kind::make, 0, folder, name, std::move(node), {}});
        }
        break;
    case Kind::rename: rename(call); break;
    case Kind::unlink:
        if (find(call.path)) {
            const auto [folder, name] = place_of(call.path);
            note({NameChange::Kind::remove, 0, folder, name, nullptr, {}});
        }
        break;
    case Kind::sync:
        if (const auto node = find(call.path))
            sync(*node, log_begin_ + call.begun());
        break;
    case Kind::sync_all:
        for (const auto& weak : nodes_)
            if (const auto node = weak.lock())
                sync(*node, log_begin_ + call.begun());
        break;
    default:
        if (const auto node = find(call.path))
            node->pending.emplace_back(applied_, call);
    }
    ++applied_;
}

void ReplayedDisk::sync(Node& node, std::uint64_t begun) {
    if (node.is_folder)
        return sync_names(&node, begun);
    const auto later = [&](const auto& pending) { return pending.first >= begun; };
    for (const auto& pending : node.pending)
        if (!later(pending))
            change(node.durable, pending.second);
    std::erase_if(node.pending, [&](const auto& pending) { return !later(pending); });
}

void ReplayedDisk::sync_names(const Node* folder, std::uint64_t begun) {
    const auto is_synced = [&](const NameChange& change) {
        return change.folder.get() == folder && change.position < begun;
    };
    for (const auto& change : pending_names_)
        if (is_synced(change))
            change_names(change.folder->durable_names, change, Fate::done);
    std::erase_if(pending_names_, is_synced);
}

void ReplayedDisk::lose_pending() {
    for (const auto& weak : nodes_)
        if (const auto node = weak.lock())
            node->pending.clear();
}

void ReplayedDisk::change_names(Names& names, const NameChange& change, Fate fate) {
    if (fate == Fate::lost)
        return;
    switch (change.kind) {
    case NameChange::Kind::make: names.try_emplace(change.name, change.node); break;
    case NameChange::Kind::remove: names.erase(change.name); break;
    case NameChange::Kind::rename:
        names[change.name] = change.node;
        if (const auto old = names.find(change.from);
            fate == Fate::done && old != names.end() && old->second == change.node)
            names.erase(old);
    }
}

std::vector<std::optional<std::uint64_t>> ReplayedDisk::name_states(std::uint64_t most) const {
    std::uint64_t count = 1;
    for (auto change = pending_names_.begin(); change != pending_names_.end() && count <= most; ++change)
        count *= fates_of(*change);
    std::vector<std::optional<std::uint64_t>> states(std::min(count, most));
    for (std::uint64_t state = 0; state < count && count <= most; ++state)
        states[state] = state;
    return states;
}

void ReplayedDisk::leave(const std::filesystem::path& folder, std::optional<std::uint64_t> name_state,
                         std::mt19937& random) const {
    Tree tree;
    for (const auto& change : pending_names_) {
        const auto fates = fates_of(change);
        const auto fate = name_state ? *name_state % fates : random() % fates;
        if (name_state)
            *name_state /= fates;
        auto& names = tree.try_emplace(change.folder.get(), change.folder->durable_names).first->second;
        change_names(names, change, static_cast<Fate>(fate));
    }
    write(*root_, tree, folder, random);
}

void ReplayedDisk::write(const Node& node, const Tree& tree, const std::filesystem::path& path,
                         std::mt19937& random) {
    if (node.is_folder) {
        std::filesystem::create_directory(path);
        ::chmod(path.c_str(), S_IRWXU);
        const auto changed = tree.find(&node);
        for (const auto& [name, child] : changed == tree.end() ? node.durable_names : changed->second)
            write(*child, tree, path / name, random);
        return;
    }
    auto bytes = node.durable;
    // No call, a prefix, all calls, or any of them, whole or torn.
    const auto manner = random() % 4;
    const auto prefix = manner == 0   ? 0
                        : manner == 1 ? random() % (node.pending.size() + 1)
                                      : node.pending.size();
    for (std::size_t index = 0; index < prefix; ++index) {
        const auto& call = node.pending[index].second;
        const auto fate = manner == 3 ? random() % 3 : 0;
        if (fate == 0)
            change(bytes, call);
        else if (fate == 1 && call.kind == DiskCall::Kind::write)
            tear(bytes, call, random);
    }
    write_file(path, bytes);
}

} // namespace portrait::testing
