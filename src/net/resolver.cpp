// SPDX-License-Identifier: Apache-2.0
#include "net/resolver.h"

#include "base/async/auto_reset_event.h"
#include "base/async/within.h"
#include "base/text.h"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <ares.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <list>
#include <memory>
#include <netinet/in.h>
#include <sstream>

#include <fmt/format.h>

namespace heliosd::net {

using asio::ip::address;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

constexpr Duration kept = 10s;

address address_of(sockaddr const* raw) {
    if (raw->sa_family == AF_INET) {
        auto const& v4 = *reinterpret_cast<sockaddr_in const*>(raw);
        return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
    }
    auto const& v6 = *reinterpret_cast<sockaddr_in6 const*>(raw);
    asio::ip::address_v6::bytes_type bytes;
    std::ranges::copy(v6.sin6_addr.s6_addr, bytes.begin());
    return asio::ip::address_v6(bytes, v6.sin6_scope_id);
}

/// One question to the name servers, with a c-ares channel of its own: it reads resolv.conf as it
/// is now, and giving up is destroying it. Questions are rare, since answers are kept.
///
/// Sockets belong to c-ares. They are registered with Asio only while this waits, because c-ares
/// may close one and open another with the same number in any call into it.
class Question {
public:
    explicit Question(Executor executor) : executor_(executor) {}
    ~Question() {
        release();
        if (channel_) ares_destroy(channel_);
    }
    Question(Question const&) = delete;
    Question& operator=(Question const&) = delete;

    Async<Result<std::vector<address>>> ask(std::string host, std::string servers) {
        if (auto const status = open(servers); status != ARES_SUCCESS)
            co_return fail(Errc::unavailable,
                           fmt::format("name servers cannot be asked: {}", ares_strerror(status)));
        ares_addrinfo_hints hints{};
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, on_answer, this);
        while (!answered_) co_await wait_and_process();

        if (status_ == ARES_ENOTFOUND || status_ == ARES_ENODATA || status_ == ARES_EBADNAME)
            co_return fail(Errc::not_found, fmt::format("there is no host '{}'", host));
        if (status_ == ARES_ETIMEOUT)
            co_return fail(Errc::timed_out, "the name servers did not answer");
        if (status_ != ARES_SUCCESS)
            co_return fail(Errc::unavailable, fmt::format("the name servers could not tell the "
                                                          "address of '{}': {}",
                                                          host, ares_strerror(status_)));
        co_return std::move(addresses_);
    }

private:
    struct Watch {
        asio::posix::stream_descriptor descriptor;
        bool readable = false, writable = false;
    };
    /// What Asio's handlers touch; they may run after the question is gone.
    struct Pending {
        explicit Pending(Executor executor) : woken(executor) {}
        AutoResetEvent woken;
        std::list<Watch> watches;
    };

    int open(std::string const& servers) {
        static int const library = ares_library_init(ARES_LIB_INIT_ALL);
        if (library != ARES_SUCCESS) return library;
        ares_options options{};
        options.timeout = 2000;
        options.tries = 2;
        // The hosts file has been looked at already.
        std::string lookups = "b";
        options.lookups = lookups.data();
        auto status = ares_init_options(&channel_, &options,
                                        ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS);
        if (status != ARES_SUCCESS || servers.empty()) return status;
        return ares_set_servers_ports_csv(channel_, servers.c_str());
    }

    static void on_answer(void* self, int status, int, ares_addrinfo* found) {
        auto& question = *static_cast<Question*>(self);
        question.answered_ = true;
        question.status_ = status;
        if (!found) return;
        for (auto const* node = found->nodes; node; node = node->ai_next)
            if (node->ai_family == AF_INET || node->ai_family == AF_INET6)
                question.addresses_.push_back(address_of(node->ai_addr));
        ares_freeaddrinfo(found);
        if (question.addresses_.empty() && status == ARES_SUCCESS) question.status_ = ARES_ENODATA;
    }

    /// Waits until one of the sockets is ready or c-ares wants to look at its clock, and lets it.
    Async<void> wait_and_process() {
        std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets;
        auto const wanted = ares_getsock(channel_, sockets.data(), sockets.size());
        auto pending = pending_ = std::make_shared<Pending>(executor_);
        for (unsigned i = 0; i < sockets.size(); ++i) {
            bool const read = ARES_GETSOCK_READABLE(static_cast<unsigned>(wanted), i);
            bool const write = ARES_GETSOCK_WRITABLE(static_cast<unsigned>(wanted), i);
            if (read || write) watch(sockets[i], read, write);
        }
        // `limit` is set only when it is what counts. c-ares rounds down: less than a millisecond
        // would come back as none at all, again and again.
        timeval longest{1, 0}, limit{};
        auto const* next = ares_timeout(channel_, &longest, &limit);
        Duration const delay =
            std::chrono::seconds(next->tv_sec) + std::chrono::microseconds(next->tv_usec);
        asio::steady_timer timer(executor_, std::max<Duration>(delay, 1ms));
        timer.async_wait([pending](error_code ec) {
            if (!ec) pending->woken.set();
        });
        co_await pending->woken.wait();
        timer.cancel();
        release();
        // Readiness first, then the clock.
        for (auto const& [socket, readable, writable] : std::exchange(ready_, {}))
            ares_process_fd(channel_, readable ? socket : ARES_SOCKET_BAD,
                            writable ? socket : ARES_SOCKET_BAD);
        ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    }

    void watch(ares_socket_t socket, bool read, bool write) {
        auto& entry = pending_->watches.emplace_back(
            Watch{asio::posix::stream_descriptor(executor_, socket)});
        using Descriptor = asio::posix::stream_descriptor;
        auto const on_ready = [&entry, pending = pending_](bool Watch::* flag) {
            return [&entry, pending, flag](error_code ec) {
                if (ec) return;
                entry.*flag = true;
                pending->woken.set();
            };
        };
        if (read) entry.descriptor.async_wait(Descriptor::wait_read, on_ready(&Watch::readable));
        if (write) entry.descriptor.async_wait(Descriptor::wait_write, on_ready(&Watch::writable));
    }

    /// Takes the sockets back from Asio, remembering which are ready.
    void release() {
        if (!pending_) return;
        for (auto& watch : pending_->watches) {
            auto const socket = watch.descriptor.release();
            if (watch.readable || watch.writable)
                ready_.push_back({socket, watch.readable, watch.writable});
        }
        pending_.reset();
    }

    struct Ready {
        ares_socket_t socket;
        bool readable, writable;
    };

    Executor executor_;
    ares_channel channel_ = nullptr;
    std::shared_ptr<Pending> pending_;
    std::vector<Ready> ready_;
    bool answered_ = false;
    int status_ = ARES_SUCCESS;
    std::vector<address> addresses_;
};

Async<Result<std::vector<address>>> ask(std::string host, std::string servers) {
    auto const executor = co_await asio::this_coro::executor;
    Question question(executor);
    co_return co_await question.ask(std::move(host), std::move(servers));
}

} // namespace

std::vector<address> addresses_in_hosts(std::string_view text, std::string_view host) {
    std::vector<address> found;
    auto const wanted = text::to_lower(host);
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line.substr(0, line.find('#')));
        std::string literal;
        words >> literal;
        error_code ec;
        auto const parsed = asio::ip::make_address(literal, ec);
        if (ec) continue;
        for (std::string name; words >> name;)
            if (text::to_lower(name) == wanted && std::ranges::find(found, parsed) == found.end())
                found.push_back(parsed);
    }
    return found;
}

std::vector<address> local_addresses(std::string_view host, std::string const& hosts_file) {
    error_code ec;
    auto const literal = asio::ip::make_address(std::string(host), ec);
    if (!ec) return {literal};
    // A name server must never be asked for this one (RFC 6761 §6.3).
    if (text::to_lower(host) == "localhost" || text::to_lower(host).ends_with(".localhost"))
        return {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
    std::ifstream file(hosts_file);
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    return addresses_in_hosts(text, host);
}

Async<Result<std::vector<address>>> SystemResolver::resolve(std::string host, Duration limit) {
    if (host.empty()) co_return fail(Errc::not_found, "the host name is empty");
    auto local = local_addresses(host, options_.hosts_file);
    if (!local.empty()) co_return local;

    auto const now = clock_.now();
    std::erase_if(known_, [&](auto const& entry) { return entry.second.until <= now; });
    auto const known = known_.find(host);
    if (known != known_.end()) co_return known->second.addresses;

    auto asked = co_await within(clock_, limit, ask(host, options_.servers));
    if (!asked && asked.error().code == Errc::timed_out)
        co_return fail(
            Errc::timed_out,
            fmt::format("the name servers did not tell the address of '{}' in time", host));
    if (asked) known_[host] = {*asked, clock_.now() + kept};
    co_return asked;
}

} // namespace heliosd::net
