// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace heliosd::test {

/// A ZooKeeper server of our own, on a free port, in a scratch directory that goes with it. Starts
/// with the constructor; what it stored survives `kill` and `start`.
class ZookeeperServer {
public:
    ZookeeperServer();
    ~ZookeeperServer();
    ZookeeperServer(ZookeeperServer const&) = delete;
    ZookeeperServer& operator=(ZookeeperServer const&) = delete;

    /// Whether this machine has what it takes; tests skip, aloud, without.
    static bool is_installed();

    /// Suitable as a connect string.
    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

    /// Returns when the server answers.
    void start();
    /// As a power failure would.
    void kill();
    /// Copies what a killed server stored; `restore` puts it in place of what was stored since.
    void back_up();
    void restore();
    /// Leaves a killed server without anything it stored.
    void wipe();
    /// SIGSTOP: connections stay open, nobody answers.
    void freeze();
    void thaw();
    /// Limits the connections from this machine, from the next start on.
    void limit_connections(int limit);

    /// Ends the session at the server, behind the back of its owner.
    void expire(std::int64_t session, std::string const& password);
    /// What the server says to a four-letter word.
    std::string ask(std::string const& word) const;

private:
    void write_config(int connections);

    std::string data() const { return directory_ + "/data"; }
    std::string backup() const { return directory_ + "/backup"; }

    std::string directory_;
    int port_ = 0;
    pid_t pid_ = -1;
};

} // namespace heliosd::test
