// SPDX-License-Identifier: Apache-2.0
#include "store/zk/zk_store.h"

#include "store/request_size.h"
#include "store/zk/follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;

/// How often sessions that never got a connection are looked at.
constexpr Duration look_interval = 1s;

/// For who has to make it: the servers only say that a node is missing.
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
    : executor_(executor),
      clock_(clock),
      options_(std::move(options)),
      servers_(std::move(servers)),
      changed_(executor),
      stop_(executor),
      tasks_(executor, [this](std::string_view, std::exception_ptr failure) {
          failure_ = failure;
          stop_.set();
      }) {
    add_session();
}

ZkStore::~ZkStore() = default;

Async<void> ZkStore::run() {
    return tasks_.scope(body());
}

Async<void> ZkStore::body() {
    running_ = true;
    for (auto& session : sessions_) tasks_.spawn("ZooKeeper session", session->run());
    tasks_.spawn("ZooKeeper sessions' state", watch_over());
    co_await stop_.wait();
    for (auto& session : sessions_) session->stop();
    if (failure_) std::rethrow_exception(failure_);
    while (!all_closed()) co_await changed_.wait();
}

bool ZkStore::all_closed() const {
    return std::all_of(sessions_.begin(), sessions_.end(),
                       [](auto const& session) { return session->is_closed(); });
}

/// A session that never got a connection counts only after a while, so somebody has to look.
Async<void> ZkStore::watch_over() {
    while (!closed_) {
        co_await clock_.sleep(look_interval);
        update_session();
    }
}

Async<void> ZkStore::close() {
    closed_ = true;
    stop_.set();
    update_session();
    while (running_ && !all_closed()) co_await changed_.wait();
}

ZkSession& ZkStore::add_session() {
    ZkSessionOptions options{servers_, options_.session_timeout, options_.connection_limit,
                             options_.credentials, options_.resolve};
    ZkSession::Listener& listener = *this;
    sessions_.push_back(
        std::make_unique<ZkSession>(executor_, clock_, std::move(options), listener));
    if (running_) tasks_.spawn("ZooKeeper session", sessions_.back()->run());
    return *sessions_.back();
}

ZkSession& ZkStore::session_for(std::size_t watch_bytes) {
    for (auto& session : sessions_) {
        if (session->watch_bytes + watch_bytes <= options_.watch_bytes_per_session) {
            session->watch_bytes += watch_bytes;
            return *session;
        }
    }
    auto& session = add_session();
    session.watch_bytes += watch_bytes;
    return session;
}

std::size_t ZkStore::watch_size(std::string_view path) const {
    return servers_.chroot.size() + path.size() + 4;
}

void ZkStore::connection_changed(ZkSession& session, bool watches_lost) {
    update_session();
    changed_.notify();
    for (auto* follower : followers_) {
        if (session.is_connected()) follower->connected(session, watches_lost);
        follower->wake();
    }
}

void ZkStore::watch_fired(std::string const& path) {
    for (auto* follower : followers_) follower->fired(path);
}

void ZkStore::update_session() {
    Session now{SessionState::connected, first().id(), first().epoch()};
    if (!first().is_connected()) now.state = SessionState::connecting;
    for (auto const& session : sessions_) {
        // A session that has just been added is no loss of a connection.
        bool const settled = session->epoch() > 0 || clock_.now() - session->disconnected_since() >
                                                         options_.connection_limit;
        if (!session->is_connected() && settled) now.state = SessionState::connecting;
    }
    if (closed_ || first().is_closed()) now.state = SessionState::closed;
    if (now == session_) return;
    session_ = now;
    changed_.notify();
}

Async<Session> ZkStore::session_changed(Session seen) {
    while (session_ == seen) co_await changed_.wait();
    co_return session_;
}

std::string ZkStore::trouble() const {
    for (auto const& session : sessions_)
        if (!session->is_connected()) return session->trouble();
    return {};
}

std::vector<AclEntry> ZkStore::acl_for(std::string_view path) const {
    return options_.acl ? options_.acl(path) : std::vector<AclEntry>{};
}

std::unique_ptr<Follower> ZkStore::follow(std::string root, Scope scope) {
    return std::make_unique<ZkFollower>(*this, std::move(root), std::move(scope));
}

/// A read may be asked twice: once more after the connection broke under it.
Async<ZkReply> ZkStore::read(ZkRequest::Start request) {
    if (closed_) co_return zk::closing(false);
    auto reply = co_await first().call(request);
    if (!reply.lost() || !reply.sent || zk::is_closing(reply)) co_return reply;
    co_return co_await first().call(request);
}

Async<Result<Node>> ZkStore::get(std::string path) {
    if (auto valid = check_path(path); !valid) co_return std::unexpected(valid.error());
    auto reply = co_await read(zk::get(path, false));
    if (!zk::is_ok(reply)) co_return std::unexpected(zk::read_error(reply, path));
    co_return Node{std::move(reply.data), reply.stat};
}

Async<Result<std::optional<Stat>>> ZkStore::exists(std::string path) {
    if (auto valid = check_path(path); !valid) co_return std::unexpected(valid.error());
    auto const reply = co_await read(zk::exists(path, false));
    if (zk::is_missing(reply)) co_return std::optional<Stat>{};
    if (!zk::is_ok(reply)) co_return std::unexpected(zk::read_error(reply, path));
    co_return std::optional(reply.stat);
}

Async<Result<std::vector<std::string>>> ZkStore::children(std::string path) {
    if (auto valid = check_path(path); !valid) co_return std::unexpected(valid.error());
    auto reply = co_await read(zk::children(path, false));
    if (!zk::is_ok(reply)) co_return std::unexpected(zk::read_error(reply, path));
    std::sort(reply.names.begin(), reply.names.end());
    co_return std::move(reply.names);
}

Async<Result<>> ZkStore::sync(std::string path) {
    if (auto valid = check_path(path); !valid) co_return std::unexpected(valid.error());
    auto const reply = co_await read(zk::sync(path));
    if (!zk::is_ok(reply)) co_return std::unexpected(zk::read_error(reply, path));
    co_return Result<>{};
}

/// Never sent twice: what a lost answer would have said is for the caller to find out.
Async<Result<ZkReply>> ZkStore::write(std::string path, ZkRequest::Start request) {
    if (closed_) co_return std::unexpected(zk::write_error(zk::closing(false), path));
    auto reply = co_await first().call(std::move(request));
    if (!zk::is_ok(reply)) co_return std::unexpected(zk::write_error(reply, path));
    co_return reply;
}

Async<Result<>> ZkStore::create(std::string path, std::string data, CreateMode mode) {
    if (auto valid = check_path(path); !valid) co_return std::unexpected(valid.error());
    if (path == "/") co_return fail(StoreErrc::exists, "/: the node exists");
    auto acl = acl_for(path);
    Create op{path, std::move(data), mode};
    auto const size = request_size(Op(op), acl_size(acl)) + servers_.chroot.size();
    if (size > max_request_size) co_return std::unexpected(too_large(size));
    auto request = zk::create(std::move(op), std::move(acl));
    auto const reply = co_await write(path, std::move(request));
    // Above the topmost nodes there is only the chroot.
    if (!reply && reply.error().code == StoreErrc::not_found && parent(path) == "/")
        co_return no_chroot(servers_.chroot);
    if (!reply) co_return std::unexpected(reply.error());
    co_return Result<>{};
}

Async<Result<Stat>> ZkStore::set(std::string path, std::string data, std::int32_t version) {
    if (auto valid = check_path(path); !valid) co_return std::unexpected(valid.error());
    Set op{path, std::move(data), version};
    auto const size = request_size(Op(op), 0) + servers_.chroot.size();
    if (size > max_request_size) co_return std::unexpected(too_large(size));
    auto request = zk::set(std::move(op));
    auto const reply = CO_TRY(co_await write(std::move(path), std::move(request)));
    co_return reply.stat;
}

Async<Result<>> ZkStore::remove(std::string path, std::int32_t version) {
    if (auto valid = check_path(path); !valid) co_return std::unexpected(valid.error());
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
        size += request_size(op, acl_size(acls.back())) + 1 + servers_.chroot.size();
        paths.push_back(path_of(op));
    }
    if (size > max_request_size) co_return std::unexpected(whole(too_large(size)));
    if (closed_) co_return std::unexpected(whole(zk::write_error(zk::closing(false), "multi")));

    auto request = zk::multi(std::move(ops), std::move(acls));
    auto const reply = co_await first().call(std::move(request));
    if (zk::is_ok(reply)) co_return MultiResult{};
    auto const failed = zk::failed_operation(reply);
    // The code of the whole is that of the first operation that failed.
    auto const& path = paths[failed.value_or(0)];
    co_return std::unexpected(MultiError{zk::write_error(reply, path), failed});
}

} // namespace heliosd::store
