// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <mutex>
#include <set>

#include <fmt/format.h>

namespace heliosd {
namespace {

constexpr std::size_t largest_file = 64 * 1024 * 1024;

/// Owns a descriptor. Where a failing close matters, call `close` explicitly.
class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() { close(); }

    explicit operator bool() const { return fd_ >= 0; }
    int get() const { return fd_; }
    bool close() { return fd_ < 0 || ::close(std::exchange(fd_, -1)) == 0; }

private:
    int fd_;
};

/// `cannot VERB PATH: REASON`, from errno.
std::unexpected<Error> refused(std::string_view verb, std::string const& path) {
    int const reason = errno;
    return fail(
        reason == ENOENT ? Errc::not_found : Errc::io,
        fmt::format("cannot {} {}: {}", verb, path, std::generic_category().message(reason)));
}

bool write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        auto const written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// Makes a rename in this directory durable; file systems without support answer EINVAL.
bool sync_directory_of(std::string const& path) {
    auto parent = std::filesystem::path(path).parent_path();
    if (parent.empty()) parent = ".";
    Descriptor const directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return directory && (::fsync(directory.get()) == 0 || errno == EINVAL);
}

/// The files this process has locked. The kernel would grant it the same lock again, and releases
/// the lock when any other descriptor of the file is closed.
class HeldLocks {
public:
    using Key = std::pair<dev_t, ino_t>;

    static HeldLocks& instance() {
        static HeldLocks locks;
        return locks;
    }
    bool holds(Key key) {
        std::scoped_lock const guard(mutex_);
        return held_.contains(key);
    }
    bool add(Key key) {
        std::scoped_lock const guard(mutex_);
        return held_.insert(key).second;
    }
    void remove(Key key) {
        std::scoped_lock const guard(mutex_);
        held_.erase(key);
    }

private:
    std::mutex mutex_;
    std::set<Key> held_;
};

class RecordLock final : public FileLock {
public:
    RecordLock(Descriptor file, HeldLocks::Key key) : file_(std::move(file)), key_(key) {}
    RecordLock(RecordLock const&) = delete;
    RecordLock& operator=(RecordLock const&) = delete;
    ~RecordLock() override {
        file_.close();
        HeldLocks::instance().remove(key_);
    }

private:
    Descriptor file_;
    HeldLocks::Key key_;
};

std::unexpected<Error> already_locked(std::string const& path) {
    return fail(Errc::locked, "State lock file already locked: " + path);
}

} // namespace

Result<std::string> RealFiles::read(std::string const& path) {
    Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return refused("read", path);
    std::string content;
    std::size_t size = 0;
    for (;;) {
        content.resize(size + 64 * 1024);
        auto const got = ::read(file.get(), content.data() + size, content.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return refused("read", path);
        size += static_cast<std::size_t>(got);
        if (got == 0) break;
        if (size > largest_file)
            return fail(Errc::too_large,
                        fmt::format("cannot read {}: it has more than 64 MiB", path));
    }
    content.resize(size);
    return content;
}

Result<> RealFiles::write_atomic(std::string const& path, std::string_view content) {
    auto const temporary = path + ".tmp";
    struct stat old{};
    bool const replaces = ::stat(path.c_str(), &old) == 0;

    auto const give_up = [&](std::string const& at) {
        auto error = refused("write", at);
        ::unlink(temporary.c_str());
        return error;
    };
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file) return refused("write", temporary);
    if ((replaces && ::fchmod(file.get(), old.st_mode & 07777u) != 0) ||
        !write_all(file.get(), content) || ::fsync(file.get()) != 0 || !file.close())
        return give_up(temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up(path);
    if (!sync_directory_of(path)) return refused("write", path);
    return {};
}

Result<> RealFiles::remove(std::string const& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return refused("remove", path);
    return {};
}

Result<> RealFiles::make_directories(std::string const& path, Access access) {
    std::error_code error;
    std::filesystem::path directory(path);
    if (!directory.has_filename()) directory = directory.parent_path(); // of `dir/`
    if (directory.has_parent_path())
        std::filesystem::create_directories(directory.parent_path(), error);
    mode_t const mode = access == Access::owner ? 0700 : 0777;
    if (!error && ::mkdir(directory.c_str(), mode) != 0 && errno != EEXIST)
        error = {errno, std::generic_category()};
    if (!error && !std::filesystem::is_directory(path, error) && !error)
        error = std::make_error_code(std::errc::not_a_directory);
    if (error)
        return fail(Errc::io,
                    fmt::format("cannot make the directory {}: {}", path, error.message()));
    return {};
}

Result<std::unique_ptr<FileLock>> RealFiles::lock(std::string const& path) {
    struct stat status{};
    auto const key = [&] { return HeldLocks::Key{status.st_dev, status.st_ino}; };
    // Before it is opened: closing it again would drop the lock we hold.
    if (::stat(path.c_str(), &status) == 0 && HeldLocks::instance().holds(key()))
        return already_locked(path);

    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file || ::fstat(file.get(), &status) != 0) return refused("lock", path);
    struct flock whole_file{};
    whole_file.l_type = F_WRLCK;
    whole_file.l_whence = SEEK_SET;
    if (::fcntl(file.get(), F_SETLK, &whole_file) != 0) {
        if (errno == EACCES || errno == EAGAIN) return already_locked(path);
        return refused("lock", path);
    }
    if (!HeldLocks::instance().add(key())) return already_locked(path);
    return std::make_unique<RecordLock>(std::move(file), key());
}

} // namespace heliosd
