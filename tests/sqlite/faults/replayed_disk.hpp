#pragma once

#include "disk_log.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace portrait::testing {

/// A disk on which a log is replayed and whose power is cut. What survives is what POSIX and the man pages of
/// Linux promise, and of the rest any part:
///
/// - The bytes of a file: those of calls before the last fsync or fdatasync of the file began. Of later
///   writes, holes and sizes any subset of calls, torn at sectors. (fdatasync keeps the size, too.)
/// - The names in a folder: the changes before the last fsync of that folder began. Of later ones any subset,
///   in their order. fsync of a file keeps none of its names, although ext4 and xfs do (fsync(2)); fsync of a
///   folder keeps neither bytes of its files nor the name of the folder itself.
/// - A rename is atomic: its new name is of the old file or of the new one (rename(2)). Its old name may
///   survive beside the new one, and both changes may be lost.
/// - A folder holds a name once. So a file can't be made before the name's earlier file is gone: when an
///   earlier removal is lost, then so is the creation.
/// - syncfs keeps everything.
class ReplayedDisk {
public:
    ReplayedDisk();

    /// Begins with the files of a folder, all of them durable.
    void load(const std::filesystem::path& folder);

    void apply(const DiskCall& call);
    /// Continues with the calls of another log.
    void begin_log() { log_begin_ = applied_; }

    /// A failed sync: pending changes never reach the disk, though the process still reads them.
    void lose_pending();

    /// The states of names to try: all in which the pending changes can survive, if these are at most so
    /// many, otherwise so many absent ones, each of which stands for a random state.
    std::vector<std::optional<std::uint64_t>> name_states(std::uint64_t most) const;

    /// Writes a possible state after a power cut now, with a state of `name_states`.
    void leave(const std::filesystem::path& folder, std::optional<std::uint64_t> name_state,
               std::mt19937& random) const;

private:
    struct Node;
    using NodePointer = std::shared_ptr<Node>;
    using Names = std::map<std::string, NodePointer>;
    /// A file or a folder.
    struct Node {
        bool is_folder = false;
        Names names;         ///< as the process reads them
        Names durable_names; ///< after a power cut, without the pending changes
        std::vector<std::byte> durable;
        std::vector<std::pair<std::uint64_t, DiskCall>> pending; ///< with their positions in the log
    };
    /// A change of a folder's names that isn't durable.
    struct NameChange {
        enum class Kind { make, remove, rename };
        Kind kind;
        std::uint64_t position; ///< in the log
        NodePointer folder;
        std::string name;
        NodePointer node; ///< absent for `remove`
        std::string from; ///< the old name, of `rename`
    };
    enum class Fate { lost, done, both_names };
    /// The names of the folders that have changed.
    using Tree = std::map<const Node*, Names>;

    static unsigned fates_of(const NameChange& change) {
        return change.kind == NameChange::Kind::rename ? 3 : 2;
    }
    static void change_names(Names& names, const NameChange& change, Fate fate);
    static void write(const Node& node, const Tree& tree, const std::filesystem::path& path,
                      std::mt19937& random);

    NodePointer find(const std::string& path) const;
    /// The folder of a path, and its name there.
    std::pair<NodePointer, std::string> place_of(const std::string& path) const;
    void note(NameChange change);
    void rename(const DiskCall& call);
    void sync(Node& node, std::uint64_t begun);
    void sync_names(const Node* folder, std::uint64_t begun);

    NodePointer root_;
    std::vector<std::weak_ptr<Node>> nodes_;
    std::vector<NameChange> pending_names_;
    std::uint64_t applied_ = 0;
    std::uint64_t log_begin_ = 0;
};

} // namespace portrait::testing
