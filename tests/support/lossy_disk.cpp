// SPDX-License-Identifier: Apache-2.0
#include "support/lossy_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

namespace heliosd::test {
namespace {

struct OpenFile {
    sqlite3_file base;
    LossyDisk* disk;
    LossyDisk::File* file;
};

OpenFile& of(sqlite3_file* file) {
    return *reinterpret_cast<OpenFile*>(file);
}

int change(OpenFile& open, LossyDisk::Change change) {
    if (!open.disk->spend()) return SQLITE_IOERR_WRITE;
    LossyDisk::apply(open.file->now, change);
    open.file->unsynced.push_back(std::move(change));
    return SQLITE_OK;
}

int on_close(sqlite3_file*) {
    return SQLITE_OK;
}

int on_read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
    if (of(file).disk->is_broken()) return SQLITE_IOERR_READ;
    auto const& content = of(file).file->now;
    auto const at = std::min<std::size_t>(static_cast<std::size_t>(offset), content.size());
    auto const length = std::min<std::size_t>(static_cast<std::size_t>(size), content.size() - at);
    std::memcpy(out, content.data() + at, length);
    std::memset(static_cast<char*>(out) + length, 0, static_cast<std::size_t>(size) - length);
    return length == static_cast<std::size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int on_write(sqlite3_file* file, void const* data, int size, sqlite3_int64 offset) {
    std::string bytes(static_cast<char const*>(data), static_cast<std::size_t>(size));
    return change(of(file), {offset, std::move(bytes), false});
}

int on_truncate(sqlite3_file* file, sqlite3_int64 size) {
    return change(of(file), {size, {}, true});
}

int on_sync(sqlite3_file* file, int) {
    auto& open = of(file);
    if (!open.disk->spend()) return SQLITE_IOERR_FSYNC;
    open.file->synced = open.file->now;
    open.file->ever_synced = true;
    open.file->unsynced.clear();
    return SQLITE_OK;
}

int on_size(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(of(file).file->now.size());
    return SQLITE_OK;
}

int on_lock(sqlite3_file*, int) {
    return SQLITE_OK;
}

int on_check_lock(sqlite3_file*, int* locked) {
    *locked = 0;
    return SQLITE_OK;
}

int on_control(sqlite3_file*, int, void*) {
    return SQLITE_NOTFOUND;
}

int on_sector_size(sqlite3_file*) {
    return 512;
}

int on_characteristics(sqlite3_file*) {
    return 0;
}

sqlite3_io_methods const methods = {.iVersion = 1,
                                    .xClose = on_close,
                                    .xRead = on_read,
                                    .xWrite = on_write,
                                    .xTruncate = on_truncate,
                                    .xSync = on_sync,
                                    .xFileSize = on_size,
                                    .xLock = on_lock,
                                    .xUnlock = on_lock,
                                    .xCheckReservedLock = on_check_lock,
                                    .xFileControl = on_control,
                                    .xSectorSize = on_sector_size,
                                    .xDeviceCharacteristics = on_characteristics};

LossyDisk& disk_of(sqlite3_vfs* vfs) {
    return *static_cast<LossyDisk*>(vfs->pAppData);
}

int on_open(sqlite3_vfs* vfs, char const* name, sqlite3_file* file, int flags, int* out_flags) {
    auto& disk = disk_of(vfs);
    auto& open = of(file);
    open.base.pMethods = nullptr;
    if (disk.is_broken()) return SQLITE_CANTOPEN;
    open.disk = &disk;
    open.file = &disk.files[name ? name : "temporary"];
    open.base.pMethods = &methods;
    if (out_flags) *out_flags = flags;
    return SQLITE_OK;
}

int on_delete(sqlite3_vfs* vfs, char const* name, int) {
    auto& disk = disk_of(vfs);
    if (!disk.spend()) return SQLITE_IOERR_DELETE;
    disk.files.erase(name);
    return SQLITE_OK;
}

int on_access(sqlite3_vfs* vfs, char const* name, int, int* found) {
    *found = disk_of(vfs).files.contains(name);
    return SQLITE_OK;
}

int on_full_path(sqlite3_vfs*, char const* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}

} // namespace

LossyDisk::LossyDisk(std::uint64_t seed)
    : name_("lossy-" + std::to_string(seed)),
      vfs_(new sqlite3_vfs(*sqlite3_vfs_find(nullptr))),
      state_(seed * 2 + 1) {
    vfs_->iVersion = 1;
    vfs_->szOsFile = sizeof(OpenFile);
    vfs_->zName = name_.c_str();
    vfs_->pAppData = this;
    vfs_->pNext = nullptr;
    vfs_->xOpen = on_open;
    vfs_->xDelete = on_delete;
    vfs_->xAccess = on_access;
    vfs_->xFullPathname = on_full_path;
    sqlite3_vfs_register(vfs_, 0);
}

LossyDisk::~LossyDisk() {
    sqlite3_vfs_unregister(vfs_);
    delete vfs_;
}

bool LossyDisk::spend() {
    if (calls_left_ > 0) --calls_left_;
    return calls_left_ != 0;
}

void LossyDisk::apply(std::string& content, Change const& change) {
    auto const offset = static_cast<std::size_t>(change.offset);
    if (change.truncates) {
        content.resize(offset);
        return;
    }
    if (content.size() < offset + change.bytes.size()) content.resize(offset + change.bytes.size());
    std::copy(change.bytes.begin(), change.bytes.end(),
              content.begin() + static_cast<std::ptrdiff_t>(offset));
}

void LossyDisk::reboot() {
    std::erase_if(files, [](auto const& one) { return !one.second.ever_synced; });
    for (auto& [name, file] : files) {
        file.now = file.synced;
        // A disk writes in any order it likes, so each change that was not synced has its chance.
        for (auto const& change : file.unsynced)
            if (random() % 2 == 0) apply(file.now, change);
        file.synced = file.now;
        file.unsynced.clear();
    }
    repair();
}

std::uint64_t LossyDisk::random() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
}

} // namespace heliosd::test
