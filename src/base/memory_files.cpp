// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <fmt/format.h>

namespace heliosd {

namespace {

class MemoryLock final : public FileLock {
public:
    explicit MemoryLock(std::shared_ptr<bool> held) : held_(std::move(held)) { *held_ = true; }
    ~MemoryLock() override { *held_ = false; }

private:
    std::shared_ptr<bool> held_;
};

} // namespace

Result<std::string> MemoryFiles::read(std::string const& path) {
    auto found = content.find(path);
    if (found == content.end()) {
        return fail(Errc::not_found,
                    fmt::format("cannot read {}: No such file or directory", path));
    }
    return found->second;
}

Result<> MemoryFiles::write_atomic(std::string const& path, std::string_view text) {
    if (!fail_writes.empty())
        return fail(Errc::io, fmt::format("cannot write {}: {}", path, fail_writes));
    content.insert_or_assign(path, std::string(text));
    return {};
}

Result<> MemoryFiles::remove(std::string const& path) {
    content.erase(path);
    return {};
}

Result<> MemoryFiles::make_directories(std::string const& path, Access) {
    if (!fail_writes.empty()) {
        return fail(Errc::io, fmt::format("cannot make the directory {}: {}", path, fail_writes));
    }
    return {};
}

Result<std::unique_ptr<FileLock>> MemoryFiles::lock(std::string const& path) {
    auto& held = locked_[path];
    if (!held) held = std::make_shared<bool>(false);
    if (*held) return fail(Errc::locked, "State lock file already locked: " + path);
    return std::make_unique<MemoryLock>(held);
}

} // namespace heliosd
