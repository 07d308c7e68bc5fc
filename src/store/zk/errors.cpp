// SPDX-License-Identifier: Apache-2.0
#include "store/zk/request.h"

#include <fmt/format.h>
#include <zookeeper/zookeeper.h>

#include <utility>

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

Error unavailable(ZkReply const& reply) {
    auto const reason = reply.trouble.empty() ? zerror(reply.code) : reply.trouble;
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

Error read_error(ZkReply const& reply, std::string_view path) {
    if (is_closing(reply)) return {StoreErrc::closed, "the store has been closed"};
    if (reply.lost()) return unavailable(reply);
    auto const code = refusal(reply.code).value_or(StoreErrc::unavailable);
    return refused(code, reply, path);
}

Error write_error(ZkReply const& reply, std::string_view path) {
    if (reply.lost() && !reply.sent) return read_error(reply, path);
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

ZkReply never_sent(std::string trouble) {
    return {.code = ZCONNECTIONLOSS, .sent = false, .trouble = std::move(trouble)};
}

ZkReply interrupted(std::string trouble) {
    return {.code = ZCONNECTIONLOSS, .sent = true, .trouble = std::move(trouble)};
}

ZkReply closing(bool sent) {
    return {.code = ZCLOSING, .sent = sent};
}

} // namespace zk
} // namespace heliosd::store
