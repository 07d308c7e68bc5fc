// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace heliosd {

namespace {

constexpr std::size_t longest_file = 64 * 1024 * 1024;

/// A descriptor that is closed when it goes out of scope.
class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }

    bool valid() const { return fd_ >= 0; }
    int get() const { return fd_; }

private:
    int fd_;
};

Descriptor open_file(std::string const& path, int flags, mode_t mode = 0) {
    int fd = -1;
    do {
        fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    return Descriptor(fd);
}

/// `cannot WHAT PATH: reason`, by the current errno.
std::unexpected<Error> refused(std::string_view what, std::string const& path) {
    auto const reason = std::error_code(errno, std::generic_category());
    auto const code = reason == std::errc::no_such_file_or_directory ? Errc::not_found : Errc::io;
    return fail(code, fmt::format("cannot {} {}: {}", what, path, reason.message()));
}

Result<> write_all(int fd, std::string_view content, std::string const& path) {
    while (!content.empty()) {
        auto const written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return refused("write", path);
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

/// Makes a rename in this directory durable.
Result<> sync_directory(std::string const& path) {
    auto const parent = std::filesystem::path(path).parent_path().string();
    auto const directory = open_file(parent.empty() ? "." : parent, O_RDONLY | O_DIRECTORY);
    if (!directory.valid() || ::fsync(directory.get()) != 0) return refused("sync", parent);
    return {};
}

class RecordLock final : public FileLock {
public:
    explicit RecordLock(Descriptor file) : file_(std::move(file)) {}

private:
    Descriptor file_;
};

} // namespace

Result<std::string> RealFiles::read(std::string const& path) {
    auto const file = open_file(path, O_RDONLY);
    if (!file.valid()) return refused("read", path);
    std::string content;
    std::string piece(64 * 1024, '\0');
    for (;;) {
        auto const count = ::read(file.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return refused("read", path);
        if (count == 0) return content;
        content.append(piece, 0, static_cast<std::size_t>(count));
        if (content.size() > longest_file) {
            return fail(Errc::too_large, fmt::format("cannot read {}: it is larger than {} MiB",
                                                     path, longest_file / 1024 / 1024));
        }
    }
}

Result<> RealFiles::write_atomic(std::string const& path, std::string_view content) {
    auto const temporary = path + ".tmp";
    {
        auto const file = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        if (!file.valid()) return refused("write", temporary);
        if (auto written = write_all(file.get(), content, temporary); !written) return written;
        if (::fsync(file.get()) != 0) return refused("sync", temporary);
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) return refused("replace", path);
    return sync_directory(path);
}

Result<> RealFiles::remove(std::string const& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return refused("remove", path);
    return {};
}

Result<> RealFiles::make_directories(std::string const& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (!error && std::filesystem::is_directory(path, error)) return {};
    auto const reason = error ? error.message() : "it is not a directory";
    return fail(Errc::io, fmt::format("cannot make the directory {}: {}", path, reason));
}

Result<std::unique_ptr<FileLock>> RealFiles::lock(std::string const& path) {
    auto file = open_file(path, O_RDWR | O_CREAT, 0644);
    if (!file.valid()) return refused("lock", path);
    struct flock whole{};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(file.get(), F_SETLK, &whole) != 0) {
        if (errno != EACCES && errno != EAGAIN) return refused("lock", path);
        return fail(Errc::locked, fmt::format("{} is locked by another process", path));
    }
    return std::make_unique<RecordLock>(std::move(file));
}

} // namespace heliosd
