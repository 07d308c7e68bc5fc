// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace heliosd::bench {

/// A child process with its output in a file; killed when this goes out of scope.
class Process {
public:
    Process(std::vector<std::string> command, std::string const& log);
    ~Process();
    Process(Process const&) = delete;
    Process& operator=(Process const&) = delete;

    pid_t pid() const { return pid_; }
    /// Sends the signal and waits for the end.
    void stop(int signal);

    /// Resident and anonymous memory in bytes, from /proc/<pid>/status.
    std::uint64_t rss() const { return status_field("VmRSS:"); }
    std::uint64_t rss_anon() const { return status_field("RssAnon:"); }

private:
    std::uint64_t status_field(std::string const& name) const;
    pid_t pid_ = -1;
};

/// Runs a command to its end; answers its wall time in ms. Throws when it fails.
double run_timed(std::vector<std::string> const& command);

/// A TCP port on loopback that nobody uses right now.
std::uint16_t free_port();

} // namespace heliosd::bench
