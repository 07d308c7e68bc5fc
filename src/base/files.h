// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace heliosd {

/// Released by its destructor; the file stays.
class FileLock {
public:
    virtual ~FileLock() = default;
};

/// The mode of a new directory: 0777 less the umask, or 0700.
enum class Access { all, owner };

/// File operations, injected so that tests can make them fail. Every call may block: call them
/// through `Offload`, except at start.
class Files {
public:
    virtual ~Files() = default;

    /// The whole file. `Errc::not_found` when there is none, `Errc::too_large` over 64 MiB.
    virtual Result<std::string> read(std::string const& path) = 0;
    /// Replaces the file so that after a crash it has either its old or its new content: temporary
    /// file, fsync, rename, fsync of the directory. A replaced file keeps its mode; a new one
    /// has what the process's umask leaves of 0644, so jobs' secrets are the directory's to guard.
    virtual Result<> write_atomic(std::string const& path, std::string_view content) = 0;
    /// Removes the file; succeeds if there is none.
    virtual Result<> remove(std::string const& path) = 0;
    /// Creates the directory and its parents; an existing one keeps its mode.
    virtual Result<> make_directories(std::string const& path, Access access = Access::all) = 0;
    /// A POSIX record write lock on the whole file, which is made if absent (spec/zookeeper.md
    /// §10). `Errc::locked` when it is held, by another process or this one.
    virtual Result<std::unique_ptr<FileLock>> lock(std::string const& path) = 0;
};

/// The machine's file system.
class RealFiles final : public Files {
public:
    Result<std::string> read(std::string const& path) override;
    Result<> write_atomic(std::string const& path, std::string_view content) override;
    Result<> remove(std::string const& path) override;
    Result<> make_directories(std::string const& path, Access access = Access::all) override;
    Result<std::unique_ptr<FileLock>> lock(std::string const& path) override;
};

/// Files in memory, for tests; `fail_writes` makes every write answer with a sentence.
class MemoryFiles final : public Files {
public:
    Result<std::string> read(std::string const& path) override;
    Result<> write_atomic(std::string const& path, std::string_view content) override;
    Result<> remove(std::string const& path) override;
    Result<> make_directories(std::string const& path, Access access = Access::all) override;
    Result<std::unique_ptr<FileLock>> lock(std::string const& path) override;

    std::map<std::string, std::string> content;
    std::string fail_writes;

private:
    std::map<std::string, std::shared_ptr<bool>> locked_; ///< whether it is held
};

} // namespace heliosd
