// SPDX-License-Identifier: Apache-2.0
#include "store/zk/session.h"

#include <boost/asio/experimental/parallel_group.hpp>
#include <fmt/format.h>
#include <zookeeper/zookeeper.h>

#include <algorithm>
#include <sys/socket.h>
#include <utility>

// The coroutine that drives the library. What happens to requests is in zk_session_requests.cpp.

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;

/// After an error the library may ask to be called again at once; without a pause it would spin.
constexpr Duration error_pause = 50ms;
/// Between attempts that cannot succeed until somebody changes something.
constexpr Duration attempt_pause = 1s;
/// How old looked-up addresses may get while there is no connection.
constexpr Duration resolve_again = 10s;
/// A resumed connection that breaks sooner, and without having been of use, is held to have broken
/// because it was resumed.
constexpr Duration too_short = 5s;
/// So many refusals in a row are no accident any more.
constexpr int most_refusals = 3;
/// How long the servers have for a last sign of life. `zookeeper_close` waits longer, and blocks.
constexpr Duration goodbye_limit = 1s;
constexpr Duration for_ever = std::chrono::hours{24};

void ignore_log(char const*) {
}

} // namespace

void ZkSession::Close::operator()(_zhandle* handle) const {
    zookeeper_close(handle);
}

ZkSession::ZkSession(Executor executor, Clock& clock, ZkSessionOptions options, Listener& listener)
    : executor_(executor),
      clock_(clock),
      options_(std::move(options)),
      listener_(listener),
      socket_(executor),
      timer_(executor),
      disconnected_since_(clock.now()) {
}

ZkSession::~ZkSession() {
    // Closing calls back into requests that are still known to the library.
    handle_.reset();
}

void ZkSession::stop() {
    stopping_ = true;
    kick();
}

void ZkSession::kick() {
    kicked_ = true;
    timer_.cancel();
}

Async<void> ZkSession::run() {
    return finally(serve(), say_goodbye());
}

Async<void> ZkSession::serve() {
    while (!stopping_) {
        if (!handle_) co_await open();
        if (handle_ && !connected_) co_await refresh_servers();
        if (handle_ && !stopping_) co_await step(for_ever);
    }
}

Async<void> ZkSession::open() {
    auto const addresses = co_await resolve_servers(options_.servers.servers, options_.resolve);
    if (addresses) {
        auto const timeout =
            std::chrono::duration_cast<std::chrono::milliseconds>(options_.session_timeout);
        auto const target = *addresses + options_.servers.chroot;
        clientid_t session{};
        session.client_id = id_;
        password_.copy(session.passwd, sizeof session.passwd);
        // No watcher for the session: its state is looked at after each call.
        handle_.reset(zookeeper_init2(target.c_str(), nullptr, static_cast<int>(timeout.count()),
                                      resuming_ ? &session : nullptr, nullptr, ZOO_NO_LOG_CLIENTENV,
                                      ignore_log));
        had_connection_ = false;
        resolved_at_ = clock_.now();
        if (handle_) {
            // We do the looking up.
            zoo_set_servers_resolution_delay(handle_.get(), -1);
            auto const& secret = options_.credentials;
            if (!secret.empty())
                zoo_add_auth(handle_.get(), "digest", secret.data(),
                             static_cast<int>(secret.size()), nullptr, nullptr);
            co_return;
        }
        trouble_ = "the client library cannot be set up: " +
                   std::error_code(errno, std::generic_category()).message();
    } else {
        trouble_ = addresses.error().message;
    }
    co_await pause();
}

/// Before the next attempt. In the meantime calls run into their limits.
Async<void> ZkSession::pause() {
    auto const again = clock_.now() + attempt_pause;
    while (!stopping_ && clock_.now() < again) {
        give_up_waiting();
        co_await wait_for_socket(-1, 0, 100ms);
    }
}

Async<void> ZkSession::refresh_servers() {
    if (clock_.now() - std::max(resolved_at_, disconnected_since_) < resolve_again) co_return;
    auto const addresses = co_await resolve_servers(options_.servers.servers, options_.resolve);
    resolved_at_ = clock_.now();
    if (addresses) zoo_set_servers(handle_.get(), addresses->c_str());
}

Async<void> ZkSession::step(Duration limit) {
    kicked_ = false;
    send_queued();
    give_up_waiting();
    int interest = 0;
    timeval tv{};
    fd_ = -1;
    int const code = zookeeper_interest(handle_.get(), &fd_, &interest, &tv);
    note_trouble(code);
    look();
    dispatch();
    if (!handle_) co_return;
    if (refusals_ >= most_refusals) {
        refusals_ = 0;
        resuming_ = id_ != 0;
        drop_handle();
        co_return;
    }
    if (code == ZINVALIDSTATE) {
        bool const refused = zoo_state(handle_.get()) == ZOO_AUTH_FAILED_STATE;
        lost("the session expired");
        drop_handle();
        resuming_ = false;
        if (refused) co_await pause();
        co_return;
    }

    Duration wait = std::chrono::seconds{tv.tv_sec} + std::chrono::microseconds{tv.tv_usec};
    if (code != ZOK) wait = std::max(wait, error_pause);
    if (!connected_ && !queue_.empty()) wait = std::min<Duration>(wait, 100ms);
    auto const usable = code == ZOK ? fd_ : -1;
    int const events = co_await wait_for_socket(usable, interest, std::min(wait, limit));
    if (usable != -1) read_replies(events);
    look();
    dispatch();
}

/// Waits until the socket is ready, the time is up or somebody kicks. Answers ZOOKEEPER_READ and
/// ZOOKEEPER_WRITE as it found them.
Async<int> ZkSession::wait_for_socket(int fd, int interest, Duration limit) {
    if (kicked_) limit = Duration::zero();
    timer_.expires_after(limit);
    boost::system::error_code refused;
    if (fd != -1) socket_.assign(fd, refused);
    if (fd == -1 || refused) {
        boost::system::error_code woken;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        co_await throw_if_cancelled();
        co_return 0;
    }
    using Socket = asio::posix::stream_descriptor;
    namespace experimental = asio::experimental;
    int events = 0;
    if (interest & ZOOKEEPER_WRITE) {
        auto group = experimental::make_parallel_group(
            socket_.async_wait(Socket::wait_read, asio::deferred),
            socket_.async_wait(Socket::wait_write, asio::deferred),
            timer_.async_wait(asio::deferred));
        auto [order, read, write, time] =
            co_await group.async_wait(experimental::wait_for_one(), asio::use_awaitable);
        if (!read) events |= ZOOKEEPER_READ;
        if (!write) events |= ZOOKEEPER_WRITE;
    } else {
        auto group =
            experimental::make_parallel_group(socket_.async_wait(Socket::wait_read, asio::deferred),
                                              timer_.async_wait(asio::deferred));
        auto [order, read, time] =
            co_await group.async_wait(experimental::wait_for_one(), asio::use_awaitable);
        if (!read) events |= ZOOKEEPER_READ;
    }
    socket_.release();
    co_await throw_if_cancelled();
    co_return events;
}

Async<void> ZkSession::say_goodbye() {
    if (socket_.is_open()) socket_.release();
    while (!queue_.empty()) {
        auto request = std::move(queue_.front());
        queue_.pop_front();
        request->done(zk::closing(false));
    }
    if (connected_) {
        // A closed session takes its ephemeral nodes along at once. But a server that does not
        // answer would make the library block us: ask first.
        bool answered = false;
        submit(zk::exists("/", false), [&answered](ZkReply) { answered = true; });
        auto const deadline = clock_.now() + goodbye_limit;
        while (connected_ && !answered && clock_.now() < deadline) co_await step(20ms);
        if (!answered && fd_ != -1) ::shutdown(fd_, SHUT_RDWR);
    }
    closed_ = true;
    connected_ = false;
    trouble_ = "closed";
    handle_.reset();
    fail_in_flight(zk::closing(true));
    abandoned_.clear();
    events_ = {};
    while (!queue_.empty()) {
        auto request = std::move(queue_.front());
        queue_.pop_front();
        request->done(zk::closing(false));
    }
    listener_.connection_changed(*this, false);
}

void ZkSession::note_trouble(int code) {
    if (code == ZOK || code == ZNOTHING || connected_) return;
    if (associating_ && code == ZCONNECTIONLOSS) ++refusals_;
    // The connection was made and closed again before the session began.
    if (associating_)
        trouble_ = "the server closed the connection before the session began; if it has too many "
                   "connections from this address, set its maxClientCnxns to 0";
    else
        trouble_ = fmt::format("cannot connect: {}", zerror(code));
}

void ZkSession::look() {
    if (!handle_) return;
    int const state = zoo_state(handle_.get());
    associating_ = state == ZOO_ASSOCIATING_STATE;
    bool const now_connected = state == ZOO_CONNECTED_STATE;
    if (state == ZOO_AUTH_FAILED_STATE) trouble_ = "the servers refuse our credentials";
    if (now_connected == connected_) return;
    if (!now_connected) {
        lost("the connection broke");
        return;
    }
    connected_ = true;
    heard_ = false;
    connected_at_ = clock_.now();
    ++epoch_;
    auto const* client = zoo_client_id(handle_.get());
    id_ = client->client_id;
    password_.assign(client->passwd, sizeof client->passwd);
    trouble_.clear();
    refusals_ = 0;
    resuming_ = false;
    bool const with_watches = std::exchange(had_connection_, true);
    if (!with_watches) {
        fruitless_ = 0;
        // A fresh handle does not know what its predecessor has seen, and might read older things
        // from a server that lags behind. Nothing overtakes a sync.
        submit(zk::sync("/"), [](ZkReply) {}, true);
        std::rotate(queue_.begin(), queue_.end() - 1, queue_.end());
    }
    listener_.connection_changed(*this, !with_watches);
    kick();
}

void ZkSession::lost(char const* reason) {
    if (!connected_) return;
    connected_ = false;
    trouble_ = reason;
    disconnected_since_ = clock_.now();
    dispatch(); // what was answered before
    bool const interrupted = !in_flight_.empty();
    fail_in_flight(zk::interrupted(trouble_));
    // When all the watches do not fit into one packet any more, the servers drop each resumed
    // connection as soon as the library has sent them, for ever.
    bool const short_lived = clock_.now() - connected_at_ < too_short;
    fruitless_ = !heard_ && short_lived ? fruitless_ + 1 : 0;
    if (interrupted || fruitless_ >= 2) {
        fruitless_ = 0;
        resuming_ = true;
        drop_handle();
    }
    listener_.connection_changed(*this, false);
}

void ZkSession::drop_handle() {
    fail_in_flight(zk::interrupted(trouble_));
    handle_.reset();
    // Nobody refers to them any more.
    abandoned_.clear();
    events_ = {};
    fd_ = -1;
}

} // namespace heliosd::store
