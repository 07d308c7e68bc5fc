// SPDX-License-Identifier: Apache-2.0
#include "store/zk/zk_store.h"

#include "store/request_size.h"
#include "store/watch_follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace heliosd::store {
namespace {

/// For the operator who has to create it: the servers only say that a node is missing.
std::unexpected<Error> no_chroot(std::string const& chroot) {
    return fail(StoreErrc::not_found,
                fmt::format("the ZooKeeper chroot {0} does not exist: create it once, and what is "
                            "above it, for example with 'create {0} \"\"' in zkCli.sh",
                            chroot));
}

MultiError whole(Error error) {
    return {std::move(error), std::nullopt};
}

} // namespace

Result<std::unique_ptr<ZkStore>> ZkStore::make(Executor executor, Clock& clock, ZkOptions options) {
    auto servers = TRY(parse_connect_string(options.servers));
    return std::unique_ptr<ZkStore>(
        new ZkStore(executor, clock, std::move(options), std::move(servers)));
}

ZkStore::ZkStore(Executor executor, Clock& clock, ZkOptions options, ConnectString servers)
    : acl_(std::move(options.acl)),
      chroot_(servers.chroot),
      pool_(executor, clock,
            {chroot_, options.session_timeout, options.connection_limit,
             std::move(options.credentials)},
            std::move(servers), std::move(options.resolve), options.watch_bytes_per_session) {
}

ZkStore::~ZkStore() = default;

std::vector<AclEntry> ZkStore::acl_for(std::string_view path) const {
    return acl_ ? acl_(path) : std::vector<AclEntry>{};
}

std::unique_ptr<Follower> ZkStore::follow(std::string root, Scope scope) {
    return std::make_unique<WatchFollower>(pool_, std::move(root), std::move(scope));
}

/// A read may be asked twice: once more after the connection broke under it.
Async<ZkReply> ZkStore::read_twice(ZkRequest::Start request) {
    if (pool_.is_closed()) co_return zk::closing(false);
    auto reply = co_await pool_.first().call(request);
    if (!reply.lost() || !reply.sent || zk::is_closing(reply)) co_return reply;
    co_return co_await pool_.first().call(request);
}

Async<Result<ZkReply>> ZkStore::read(std::string path, ZkRequest::Start request) {
    CO_TRY(check_path(path));
    auto reply = co_await read_twice(std::move(request));
    if (!zk::is_ok(reply)) co_return std::unexpected(zk::read_error(reply, path));
    co_return reply;
}

Async<Result<Node>> ZkStore::get(std::string path) {
    auto request = zk::get(path, false);
    auto reply = CO_TRY(co_await read(std::move(path), std::move(request)));
    co_return Node{std::move(reply.data), reply.stat};
}

Async<Result<std::optional<Stat>>> ZkStore::exists(std::string path) {
    auto request = zk::exists(path, false);
    auto const reply = co_await read(std::move(path), std::move(request));
    if (reply) co_return std::optional(reply->stat);
    if (reply.error().code == StoreErrc::not_found) co_return std::optional<Stat>{};
    co_return std::unexpected(reply.error());
}

Async<Result<std::vector<std::string>>> ZkStore::children(std::string path) {
    auto request = zk::children(path, false);
    auto reply = CO_TRY(co_await read(std::move(path), std::move(request)));
    std::ranges::sort(reply.names);
    co_return std::move(reply.names);
}

Async<Result<>> ZkStore::sync(std::string path) {
    auto request = zk::sync(path);
    CO_TRY(co_await read(std::move(path), std::move(request)));
    co_return Result<>{};
}

/// Never sent twice: what a lost answer would have said is for the caller to find out.
Async<Result<ZkReply>> ZkStore::write(std::string path, ZkRequest::Start request) {
    if (pool_.is_closed()) co_return std::unexpected(zk::write_error(zk::closing(false), path));
    auto reply = co_await pool_.first().call(std::move(request));
    if (!zk::is_ok(reply)) co_return std::unexpected(zk::write_error(reply, path));
    co_return reply;
}

Async<Result<>> ZkStore::create(std::string path, std::string data, CreateMode mode) {
    CO_TRY(check_path(path));
    if (path == "/") co_return fail(StoreErrc::exists, "/: the node exists");
    auto acl = acl_for(path);
    Create op{path, std::move(data), mode};
    auto const size = request_size(Op(op), acl_size(acl)) + chroot_.size();
    if (size > max_request_size) co_return std::unexpected(too_large(size));
    auto request = zk::create(std::move(op), std::move(acl));
    auto const reply = co_await write(path, std::move(request));
    // Above the topmost nodes there is only the chroot.
    if (!reply && reply.error().code == StoreErrc::not_found && parent(path) == "/")
        co_return no_chroot(chroot_);
    CO_TRY(reply);
    co_return Result<>{};
}

Async<Result<Stat>> ZkStore::set(std::string path, std::string data, std::int32_t version) {
    CO_TRY(check_path(path));
    Set op{path, std::move(data), version};
    auto const size = request_size(Op(op), 0) + chroot_.size();
    if (size > max_request_size) co_return std::unexpected(too_large(size));
    auto request = zk::set(std::move(op));
    auto const reply = CO_TRY(co_await write(std::move(path), std::move(request)));
    co_return reply.stat;
}

Async<Result<>> ZkStore::remove(std::string path, std::int32_t version) {
    CO_TRY(check_path(path));
    auto request = zk::remove({path, version});
    CO_TRY(co_await write(std::move(path), std::move(request)));
    co_return Result<>{};
}

Async<MultiResult> ZkStore::multi(std::vector<Op> ops) {
    if (auto refused = check_paths(ops)) co_return std::unexpected(std::move(*refused));
    if (ops.empty()) co_return MultiResult{};
    std::vector<std::vector<AclEntry>> acls;
    std::vector<std::string> paths;
    std::size_t size = request_size(std::span<Op const>{}, 0);
    for (auto const& op : ops) {
        bool const creates = std::holds_alternative<Create>(op);
        acls.push_back(creates ? acl_for(path_of(op)) : std::vector<AclEntry>{});
        // In a multi each operation has a header of its own, one byte longer than a request's.
        size += request_size(op, acl_size(acls.back())) + 1 + chroot_.size();
        paths.push_back(path_of(op));
    }
    if (size > max_request_size) co_return std::unexpected(whole(too_large(size)));
    if (pool_.is_closed())
        co_return std::unexpected(whole(zk::write_error(zk::closing(false), "multi")));

    auto request = zk::multi(std::move(ops), std::move(acls));
    auto const reply = co_await pool_.first().call(std::move(request));
    if (zk::is_ok(reply)) co_return MultiResult{};
    auto const failed = zk::failed_operation(reply);
    // The code of the whole is that of the first operation that failed.
    auto const& path = paths[failed.value_or(0)];
    co_return std::unexpected(MultiError{zk::write_error(reply, path), failed});
}

} // namespace heliosd::store
