// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace heliosd::test {

/// `NAME=VALUE` words of an environment.
using Variables = std::vector<std::string>;

/// A child process whose output goes to the end of a file; killed when this goes out of scope, and
/// when we die. Ends are exit codes, or 128 and the signal.
class Process {
public:
    Process(std::vector<std::string> const& command, std::string const& log);
    Process(std::vector<std::string> const& command, std::string const& log,
            Variables const& environment);
    ~Process();
    Process(Process const&) = delete;
    Process& operator=(Process const&) = delete;

    pid_t pid() const { return pid_; }
    /// Sends the signal and waits for the end.
    int stop(int signal);
    /// How it ended, or nothing when it still runs after that time.
    std::optional<int> wait(std::chrono::milliseconds limit);

    /// Resident and anonymous memory in bytes, from /proc/<pid>/status.
    std::uint64_t rss() const { return status_field("VmRSS:"); }
    std::uint64_t rss_anon() const { return status_field("RssAnon:"); }

private:
    std::uint64_t status_field(std::string const& name) const;
    pid_t pid_ = -1;
};

/// What a command said on both outputs, and how it ended.
struct Ended {
    int status = 0;
    std::string output;
};

/// Runs a command to its end; one that takes longer than a minute is killed.
Ended run_command(std::vector<std::string> const& command, Variables const& environment);

/// Runs a command to its end; answers its wall time in ms. Throws when it fails.
double run_timed(std::vector<std::string> const& command);

/// The whole of a file, empty when there is none.
std::string text_of(std::string const& path);

/// A TCP port on loopback that nobody uses right now.
std::uint16_t free_port();

} // namespace heliosd::test
