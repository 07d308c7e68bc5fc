// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/zk/request.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace heliosd::store {

/// The requests of one session: those that wait to be sent, in order, and those the library has.
/// Each ends once, with a call of its `done`, unless it is withdrawn.
class ZkRequestQueue {
public:
    using Number = std::uint64_t;

    Number push(ZkRequest::Start start, ZkRequest::Done done, SteadyTime deadline);
    /// Before those that wait already.
    Number push_front(ZkRequest::Start start, ZkRequest::Done done);
    /// Drops a request that has not been sent yet; `done` is not called. One that has been sent
    /// goes on.
    void withdraw(Number number);

    bool has_waiting() const { return !waiting_.empty(); }
    bool has_sent() const { return !sent_.empty(); }
    /// Whether another may be sent.
    bool may_send() const;
    /// Hands the next one to the library.
    void send_next(_zhandle* handle);
    /// Ends those that have waited for a connection for too long.
    void expire(SteadyTime now, std::string const& trouble);
    /// Ends all that wait.
    void fail_waiting(ZkReply const& reply);
    /// Ends all that have been sent. The library still knows their addresses: they are kept until
    /// `handle_closed`.
    void fail_sent(ZkReply const& reply);
    void handle_closed();

    /// Ends those that have been answered, and reports the watches that have fired. Whether there
    /// was either.
    bool dispatch(std::function<void(std::string const& path)> const& fired);

private:
    std::unique_ptr<ZkRequest> make(ZkRequest::Start start, ZkRequest::Done done);

    std::deque<std::unique_ptr<ZkRequest>> waiting_;
    /// Sent and not answered, in the order sent.
    std::map<Number, std::unique_ptr<ZkRequest>> sent_;
    /// Ended by us, but known to the library.
    std::map<Number, std::unique_ptr<ZkRequest>> abandoned_;
    Number last_number_ = 0, last_sent_ = 0;
    ZkEvents events_;
};

} // namespace heliosd::store
