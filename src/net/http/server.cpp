// SPDX-License-Identifier: Apache-2.0
#include "net/http/server.h"

#include "base/async/condition.h"
#include "base/async/within.h"
#include "base/log.h"
#include "net/descriptors.h"
#include "net/http/connection.h"
#include "net/resolver.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <list>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

namespace heliosd::net {

using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

using Protocol = asio::generic::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol>;

/// A listening socket; removes its socket file at the end.
struct Listener {
    Listener(Acceptor open, std::string socket_file)
        : acceptor(std::move(open)), file(std::move(socket_file)) {}
    ~Listener() {
        if (!file.empty()) ::unlink(file.c_str());
    }
    Listener(Listener const&) = delete;
    Listener& operator=(Listener const&) = delete;

    Acceptor acceptor;
    std::string file;
};

/// Whether a socket file was left by a process that has ended.
bool is_abandoned(Protocol::endpoint const& address) {
    int const fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return false;
    auto const length = static_cast<socklen_t>(address.size());
    bool const refused = ::connect(fd, address.data(), length) != 0 && errno == ECONNREFUSED;
    ::close(fd);
    return refused;
}

error_code open_at(Acceptor& acceptor, Protocol::endpoint const& address) {
    error_code ec;
    acceptor.open(address.protocol(), ec);
    if (ec) return ec;
    ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
    acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    // One socket for both address families, where the machine has both.
    if (address.protocol().family() == AF_INET6) acceptor.set_option(asio::ip::v6_only(false), ec);
    acceptor.bind(address, ec);
    if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (!ec) acceptor.non_blocking(true, ec);
    return ec;
}

/// The addresses to bind for an endpoint, in the order to try.
std::vector<Protocol::endpoint> addresses_of(Endpoint const& endpoint) {
    using asio::ip::tcp;
    if (endpoint.scheme == Scheme::unix_socket)
        return {asio::local::stream_protocol::endpoint(endpoint.path)};
    if (endpoint.host.empty())
        return {tcp::endpoint(tcp::v6(), endpoint.port), tcp::endpoint(tcp::v4(), endpoint.port)};
    std::vector<Protocol::endpoint> addresses;
    for (auto const& address : local_addresses(endpoint.host))
        addresses.emplace_back(tcp::endpoint(address, endpoint.port));
    return addresses;
}

std::uint16_t port_of(Acceptor const& acceptor) {
    error_code ec;
    auto const local = acceptor.local_endpoint(ec);
    if (ec || local.protocol().family() == AF_UNIX) return 0;
    // Both families have the port in the same place.
    sockaddr_in address{};
    std::memcpy(&address, local.data(), sizeof address);
    return ntohs(address.sin_port);
}

} // namespace

struct Server::State {
    /// Counts one connection against `max_connections`.
    class Slot {
    public:
        explicit Slot(State& state) : state_(&state) { ++state.slots_used; }
        Slot(Slot&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
        Slot& operator=(Slot&&) = delete;
        ~Slot() {
            if (!state_) return;
            --state_->slots_used;
            state_->slot_freed.notify();
        }

    private:
        State* state_;
    };

    State(Executor loop, Clock& time, Handler answer, ServerOptions chosen)
        : executor(loop),
          clock(time),
          handler(std::move(answer)),
          options(std::move(chosen)),
          acceptors(loop),
          clients(loop),
          slot_freed(loop) {
        auto& most = options.limits.max_connections;
        auto const wanted = std::exchange(most, connection_limit(descriptor_limit(), most));
        few_descriptors = most < wanted;
    }

    Async<void> serve(Duration grace);
    Async<void> drain(Duration grace);
    Async<void> accept_all();
    Async<void> accept(Acceptor* acceptor);
    Async<void> wait_for_slot();
    Async<void> serve_client(Stream stream, Slot slot);
    Async<Result<>> all_closed();
    Async<Result<>> one_closed();
    Connection* longest_idle() const;
    void warn_once(std::string_view message);

    Executor executor;
    Clock& clock;
    Handler handler;
    ServerOptions options;
    std::list<Listener> listeners;
    TaskGroup acceptors, clients;
    std::list<Connection*> connections;
    std::size_t slots_used = 0;
    bool few_descriptors = false; ///< they, not the options, set the bound
    bool warned = false;
    Condition slot_freed;
};

Server::Server(Executor executor, Clock& clock, Handler handler, ServerOptions options)
    : state_(std::make_unique<State>(executor, clock, std::move(handler), std::move(options))) {
}

Server::~Server() = default;

Result<std::uint16_t> Server::listen(Endpoint endpoint) {
    auto const refuse = [&](std::string_view why) {
        return fail(Errc::unavailable,
                    fmt::format("cannot listen on {}: {}", to_string(endpoint), why));
    };
    if (endpoint.scheme == Scheme::tls) return refuse("TLS is not supported yet: use http://");
    auto const addresses = addresses_of(endpoint);
    if (addresses.empty())
        return refuse("the name is not in the hosts file: use the address of this machine");

    error_code ec;
    for (auto const& address : addresses) {
        Acceptor acceptor(state_->executor);
        ec = open_at(acceptor, address);
        if (ec == asio::error::address_in_use && is_abandoned(address)) {
            ::unlink(endpoint.path.c_str());
            error_code ignored;
            acceptor.close(ignored);
            ec = open_at(acceptor, address);
        }
        if (ec) continue;
        auto const port = port_of(acceptor);
        state_->listeners.emplace_back(std::move(acceptor), endpoint.path);
        return port;
    }
    auto why = ec.message();
    if (!why.empty() && why.front() >= 'A' && why.front() <= 'Z') why.front() += 'a' - 'A';
    if (ec == asio::error::address_in_use)
        why += ": stop what listens there, or choose another address";
    return refuse(why);
}

Async<void> Server::run(Duration grace) {
    return state_->clients.scope(state_->serve(grace));
}

Async<void> Server::State::serve(Duration grace) {
    return finally(acceptors.scope(accept_all()), drain(grace));
}

/// Lets the requests in progress end within `grace`.
Async<void> Server::State::drain(Duration grace) {
    listeners.clear();
    for (auto* const connection : connections) connection->finish();
    auto closed = all_closed();
    co_await within(clock, grace, std::move(closed));
}

Async<Result<>> Server::State::all_closed() {
    co_await clients.drained();
    co_return Result<>{};
}

Async<void> Server::State::accept_all() {
    for (auto& listener : listeners) acceptors.spawn("accept", accept(&listener.acceptor));
    co_await acceptors.drained();
}

Async<void> Server::State::accept(Acceptor* acceptor) {
    for (;;) {
        error_code ec;
        if (slots_used >= options.limits.max_connections) {
            // No connection is dropped before another client is waiting.
            co_await acceptor->async_wait(Acceptor::wait_read,
                                          asio::redirect_error(asio::use_awaitable, ec));
            co_await wait_for_slot();
        }
        Stream::Socket socket(executor);
        co_await acceptor->async_accept(socket, asio::redirect_error(asio::use_awaitable, ec));
        if (!ec) {
            auto client = serve_client(Stream(std::move(socket)), Slot(*this));
            clients.spawn("http connection", std::move(client));
            continue;
        }
        co_await throw_if_cancelled();
        if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) co_return;
        if (ec == asio::error::connection_aborted) continue;
        // Out of descriptors or memory: the next accept would fail at once, for ever.
        warn_once("cannot accept connections, trying every 100 ms: " + ec.message());
        if (auto* const idle = longest_idle()) idle->close();
        co_await clock.sleep(100ms);
    }
}

/// Suspends until there is room for one more client. The connection that has been idle for longest
/// is closed; when none is idle, those with a request in progress end with its response.
Async<void> Server::State::wait_for_slot() {
    while (slots_used >= options.limits.max_connections) {
        auto const remedy =
            few_descriptors ? "; a higher limit of open files (LimitNOFILE=) allows more" : "";
        warn_once(fmt::format("all {} connections are in use, closing idle ones for new clients{}",
                              options.limits.max_connections, remedy));
        if (auto* const idle = longest_idle()) {
            idle->close();
        } else {
            for (auto* const connection : connections)
                if (!connection->idle_since()) connection->finish();
        }
        // New connections are protected for a while only, so it has to look again.
        auto freed = one_closed();
        co_await within(clock, options.limits.first_request_limit, std::move(freed));
    }
}

Async<Result<>> Server::State::one_closed() {
    co_await slot_freed.wait();
    co_return Result<>{};
}

/// The connection that was used least recently, of those that wait for a request. One that was just
/// accepted is not among them: its request is on the way.
Connection* Server::State::longest_idle() const {
    auto const latest = clock.now() - options.limits.first_request_limit;
    Connection* found = nullptr;
    for (auto* const connection : connections) {
        auto const since = connection->idle_since();
        if (!since || (!connection->has_served() && *since > latest)) continue;
        if (!found || *since < *found->idle_since()) found = connection;
    }
    return found;
}

/// Once for the life of the server: what causes it would fill the log otherwise.
void Server::State::warn_once(std::string_view message) {
    if (!std::exchange(warned, true)) log::warning("net", "{}", message);
}

Async<void> Server::State::serve_client(Stream stream, Slot) {
    Connection connection(std::move(stream), handler, options, clock);
    struct Listed {
        State& state;
        std::list<Connection*>::iterator place;
        ~Listed() { state.connections.erase(place); }
    } listed{*this, connections.insert(connections.end(), &connection)};
    co_await connection.serve();
}

} // namespace heliosd::net
