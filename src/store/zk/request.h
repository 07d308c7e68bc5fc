// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "store/acl.h"
#include "store/node.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// The handle of the ZooKeeper C client; its header stays in .cpp files.
struct _zhandle;

namespace heliosd::store {

/// What came back for one request.
struct ZkReply {
    int code = 0;        ///< the library's
    bool sent = false;   ///< whether the request may have reached a server
    std::string trouble; ///< if it got lost: why, for people
    std::string data;
    Stat stat;
    std::vector<std::string> names;
    std::vector<int> results; ///< of the operations of a multi

    /// Neither success nor refusal: the connection broke, or there was none.
    bool lost() const;
};

struct ZkRequest;

/// What the library's callbacks leave behind. They run inside calls of the library and must not
/// call it again, so they only move data to here.
struct ZkEvents {
    std::vector<ZkRequest*> finished;
    std::vector<std::string> fired; ///< paths whose watch has fired
};

/// One request on its way through a session. The session owns it until the library has let go of
/// it, which after a connection loss is later than its end.
struct ZkRequest {
    using Start = std::function<int(_zhandle*, ZkRequest*)>;
    using Done = std::function<void(ZkReply)>;

    Start start;         ///< hands it to the library
    Done done;           ///< called once, at the end
    SteadyTime deadline; ///< when to give up waiting for a connection
    ZkReply reply;
    ZkEvents* events = nullptr;
    std::uint64_t number = 0;   ///< in the order made
    std::uint64_t sent_as = 0;  ///< in the order sent
    std::shared_ptr<void> keep; ///< what the library writes to while it is on its way
};

/// How to say each operation to the library.
namespace zk {

ZkRequest::Start get(std::string path, bool watch);
ZkRequest::Start exists(std::string path, bool watch);
ZkRequest::Start children(std::string path, bool watch);
ZkRequest::Start create(Create op, std::vector<AclEntry> acl);
ZkRequest::Start set(Set op);
ZkRequest::Start remove(Remove op);
ZkRequest::Start sync(std::string path);
/// `acls` has an entry for each operation, used for the creates.
ZkRequest::Start multi(std::vector<Op> ops, std::vector<std::vector<AclEntry>> acls);

/// The meaning of a reply that is no success, for a read and for a write.
Error read_error(ZkReply const& reply, std::string_view path);
Error write_error(ZkReply const& reply, std::string_view path);
/// Which operation of a multi was refused.
std::optional<std::size_t> failed_operation(ZkReply const& reply);

bool is_ok(ZkReply const& reply);
bool is_missing(ZkReply const& reply);
/// The session was shut down before it could answer.
bool is_closing(ZkReply const& reply);
/// The reply to a request that never left, for want of a connection.
ZkReply never_sent(std::string trouble);
/// The reply to a request whose connection broke.
ZkReply interrupted(std::string trouble);
/// The reply of a session that has been shut down.
ZkReply closing(bool sent);

} // namespace zk
} // namespace heliosd::store
