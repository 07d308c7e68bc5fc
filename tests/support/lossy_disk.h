// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace heliosd::test {

/// A disk in memory for SQLite that keeps only what has been synced. The power fails after a given
/// number of writes and syncs: from then on every call fails. `reboot` brings back what was synced,
/// and of everything later a random part, as disks do.
class LossyDisk {
public:
    explicit LossyDisk(std::uint64_t seed);
    ~LossyDisk();
    LossyDisk(LossyDisk const&) = delete;
    LossyDisk& operator=(LossyDisk const&) = delete;

    /// For `sqlite3_open_v2`.
    char const* name() const { return name_.c_str(); }

    void fail_after(int calls) { calls_left_ = calls; }
    /// Every call fails from now on, until `repair` or `reboot`.
    void break_down() { calls_left_ = 0; }
    void repair() { calls_left_ = -1; }
    bool is_broken() const { return calls_left_ == 0; }
    void reboot();

    struct Change {
        std::int64_t offset;
        std::string bytes;
        bool truncates; ///< to `offset`
    };
    struct File {
        std::string now, synced;
        bool ever_synced = false;
        std::vector<Change> unsynced;
    };

    // For the callbacks.
    std::map<std::string, File> files;
    bool spend();
    static void apply(std::string& content, Change const& change);

private:
    std::uint64_t random();

    std::string name_;
    sqlite3_vfs* vfs_;
    int calls_left_ = -1;
    std::uint64_t state_;
};

} // namespace heliosd::test
