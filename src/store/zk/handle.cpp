// SPDX-License-Identifier: Apache-2.0
#include "store/zk/handle.h"

#include <zookeeper/zookeeper.h>

#include <cerrno>

namespace heliosd::store {
namespace {

void ignore_log(char const*) {
}

} // namespace

void ZkHandle::Close::operator()(_zhandle* handle) const {
    zookeeper_close(handle);
}

Result<std::unique_ptr<ZkHandle>> ZkHandle::open(std::string const& servers,
                                                 Duration session_timeout,
                                                 std::string const& credentials,
                                                 std::optional<Identity> const& identity) {
    auto const timeout = std::chrono::duration_cast<std::chrono::milliseconds>(session_timeout);
    clientid_t session{};
    if (identity) {
        session.client_id = identity->id;
        identity->password.copy(session.passwd, sizeof session.passwd);
    }
    // No watcher for the session: its state is read after each call.
    auto* made =
        zookeeper_init2(servers.c_str(), nullptr, static_cast<int>(timeout.count()),
                        identity ? &session : nullptr, nullptr, ZOO_NO_LOG_CLIENTENV, ignore_log);
    if (!made)
        return fail(Errc::io, "the client library cannot be set up: " +
                                  std::error_code(errno, std::generic_category()).message());
    std::unique_ptr<ZkHandle> handle(new ZkHandle(made));
    // Names are resolved by us.
    zoo_set_servers_resolution_delay(made, -1);
    if (!credentials.empty())
        zoo_add_auth(made, "digest", credentials.data(), static_cast<int>(credentials.size()),
                     nullptr, nullptr);
    return handle;
}

ZkHandle::State ZkHandle::state() const {
    int const state = zoo_state(handle_.get());
    if (state == ZOO_CONNECTED_STATE) return State::connected;
    if (state == ZOO_ASSOCIATING_STATE) return State::associating;
    if (state == ZOO_AUTH_FAILED_STATE) return State::credentials_refused;
    if (state == ZOO_EXPIRED_SESSION_STATE) return State::expired;
    return State::connecting;
}

ZkHandle::Identity ZkHandle::identity() const {
    auto const* client = zoo_client_id(handle_.get());
    return {client->client_id, std::string(client->passwd, sizeof client->passwd)};
}

void ZkHandle::set_servers(std::string const& servers) {
    zoo_set_servers(handle_.get(), servers.c_str());
}

ZkHandle::Wait ZkHandle::interest() {
    Wait wait;
    timeval tv{};
    wait.code = zookeeper_interest(handle_.get(), &wait.fd, &wait.events, &tv);
    wait.limit = std::chrono::seconds{tv.tv_sec} + std::chrono::microseconds{tv.tv_usec};
    if (wait.code != ZOK) wait.fd = -1;
    return wait;
}

int ZkHandle::process(int events) {
    return zookeeper_process(handle_.get(), events);
}

} // namespace heliosd::store
