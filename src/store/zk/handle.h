// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

// The handle of the ZooKeeper C client; its header stays in .cpp files.
struct _zhandle;

namespace heliosd::store {

/// A handle of the ZooKeeper C client (single-threaded): a session at the servers, the library's
/// connection and its watches.
class ZkHandle {
public:
    /// What it takes to continue a session.
    struct Identity {
        std::int64_t id = 0;
        std::string password;
    };
    enum class State {
        connecting,
        associating, ///< TCP is up, the session is not
        connected,
        expired,
        credentials_refused,
    };
    /// What the library waits for.
    struct Wait {
        int code = 0;
        int fd = -1; ///< the library's; never ours to close
        int events = 0;
        Duration limit{};
    };

    /// `servers`: addresses, and the chroot. Continues the session of `identity` if there is one.
    static Result<std::unique_ptr<ZkHandle>> open(std::string const& servers,
                                                  Duration session_timeout,
                                                  std::string const& credentials,
                                                  std::optional<Identity> const& identity);

    State state() const;
    Identity identity() const;
    void set_servers(std::string const& servers);
    Wait interest();
    /// Handles one packet. The library's code.
    int process(int events);
    _zhandle* get() { return handle_.get(); }

private:
    struct Close {
        void operator()(_zhandle* handle) const;
    };

    explicit ZkHandle(_zhandle* handle) : handle_(handle) {}

    std::unique_ptr<_zhandle, Close> handle_;
};

} // namespace heliosd::store
