// SPDX-License-Identifier: Apache-2.0
#include "store/zk_request.h"

#include <fmt/format.h>
#include <zookeeper/zookeeper.h>

// The one place where the library's codes become ours.

namespace heliosd::store {
namespace {

std::optional<StoreErrc> refusal(int code) {
    switch (code) {
    case ZNONODE: return StoreErrc::not_found;
    case ZNODEEXISTS: return StoreErrc::exists;
    case ZBADVERSION: return StoreErrc::version_conflict;
    case ZNOTEMPTY: return StoreErrc::not_empty;
    case ZNOAUTH:
    case ZINVALIDACL:
    case ZAUTHFAILED: return StoreErrc::no_auth;
    case ZNOCHILDRENFOREPHEMERALS:
    case ZBADARGUMENTS: return StoreErrc::bad_path;
    // The servers say explicitly that they have not carried it out.
    case ZSESSIONMOVED:
    case ZNOTREADONLY:
    case ZTHROTTLEDOP: return StoreErrc::unavailable;
    default: return std::nullopt;
    }
}

Error unavailable(std::string const& trouble) {
    auto const reason = trouble.empty() ? std::string("the connection broke") : trouble;
    return {StoreErrc::unavailable, "no connection to ZooKeeper: " + reason};
}

Error refused(StoreErrc code, ZkReply const& reply, std::string_view path) {
    return {code, fmt::format("{}: {}", path, zerror(reply.code))};
}

} // namespace

bool ZkReply::lost() const {
    return code == ZCONNECTIONLOSS || code == ZOPERATIONTIMEOUT || code == ZSESSIONEXPIRED ||
           code == ZINVALIDSTATE || code == ZCLOSING;
}

namespace zk {

Error read_error(ZkReply const& reply, std::string_view path, std::string const& trouble) {
    if (is_closing(reply)) return {StoreErrc::closed, "the store has been closed"};
    if (reply.lost()) return unavailable(trouble);
    auto const code = refusal(reply.code).value_or(StoreErrc::unavailable);
    return refused(code, reply, path);
}

Error write_error(ZkReply const& reply, std::string_view path, std::string const& trouble) {
    if (reply.lost() && !reply.sent) return read_error(reply, path, trouble);
    if (auto const code = refusal(reply.code)) return refused(*code, reply, path);
    return {StoreErrc::outcome_unknown,
            fmt::format("{}: the connection to ZooKeeper broke before the answer came ({}); the "
                        "write may have happened",
                        path, zerror(reply.code))};
}

std::optional<std::size_t> failed_operation(ZkReply const& reply) {
    if (reply.lost()) return std::nullopt;
    for (std::size_t i = 0; i < reply.results.size(); ++i) {
        // Those before the culprit say "ok", those behind it "runtime inconsistency".
        if (reply.results[i] != ZOK && reply.results[i] != ZRUNTIMEINCONSISTENCY) return i;
    }
    return std::nullopt;
}

bool is_ok(ZkReply const& reply) {
    return reply.code == ZOK;
}

bool is_missing(ZkReply const& reply) {
    return reply.code == ZNONODE;
}

bool is_closing(ZkReply const& reply) {
    return reply.code == ZCLOSING;
}

ZkReply never_sent() {
    return {.code = ZCONNECTIONLOSS, .sent = false};
}

ZkReply interrupted() {
    return {.code = ZCONNECTIONLOSS, .sent = true};
}

ZkReply closing(bool sent) {
    return {.code = ZCLOSING, .sent = sent};
}

} // namespace zk
} // namespace heliosd::store
