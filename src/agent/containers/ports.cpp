// SPDX-License-Identifier: Apache-2.0
#include "agent/containers/ports.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <fmt/format.h>

#include <utility>

namespace heliosd::agent {
namespace {

namespace asio = boost::asio;

template <class Protocol> bool can_bind(asio::ip::address const& address, int port) {
    asio::io_context loop;
    typename Protocol::socket socket(loop);
    typename Protocol::endpoint const endpoint(address, static_cast<unsigned short>(port));
    boost::system::error_code failed;
    socket.open(endpoint.protocol(), failed);
    if (failed) return false;
    // As servers do: what lingers in TIME_WAIT does not count as taken.
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>)
        socket.set_option(asio::socket_base::reuse_address(true), failed);
    socket.bind(endpoint, failed);
    if (failed) return false;
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
        // With reuse_address a bind beside a bound socket succeeds; listening does not.
        asio::ip::tcp::acceptor acceptor(loop, endpoint.protocol(), socket.release());
        acceptor.listen(1, failed);
    }
    return !failed;
}

} // namespace

bool port_is_free(PortQuery const& question) {
    auto address = asio::ip::address(asio::ip::address_v4::any());
    if (question.ip) {
        boost::system::error_code bad;
        auto const own = asio::ip::make_address(*question.ip, bad);
        if (!bad) address = own;
    }
    return question.protocol == "udp" ? can_bind<asio::ip::udp>(address, question.port)
                                      : can_bind<asio::ip::tcp>(address, question.port);
}

PortAllocator::PortAllocator(PortRange range, Rng& rng, PortProbe probe)
    : range_(range), probe_(std::move(probe)) {
    for (int port = range.start; port < range.end; ++port) candidates_.push_back(port);
    for (auto left = candidates_.size(); left > 1; --left)
        std::swap(candidates_[left - 1], candidates_[rng.below(left)]);
}

Result<Ports> PortAllocator::allocate(model::PortMap const& ports, std::set<int> const& used) {
    auto taken = used;
    Ports given;
    // A number twice within the job is fine: tcp and udp.
    for (auto const& [name, mapping] : ports) {
        if (!mapping.external_port) continue;
        if (used.contains(*mapping.external_port))
            return fail(Errc::locked,
                        fmt::format("unable to allocate ports: port \"{}\": {} is held by another "
                                    "job on this host",
                                    name, *mapping.external_port));
        given[name] = *mapping.external_port;
        taken.insert(*mapping.external_port);
    }
    for (auto const& [name, mapping] : ports) {
        if (mapping.external_port) continue;
        int found = 0;
        for (std::size_t tried = 0; tried < candidates_.size() && !found; ++tried) {
            int const candidate = candidates_[next_];
            next_ = (next_ + 1) % candidates_.size();
            if (!taken.contains(candidate) && probe_({candidate, mapping.protocol, mapping.ip}))
                found = candidate;
        }
        if (!found)
            return fail(Errc::locked,
                        fmt::format("unable to allocate ports: port \"{}\": no free port in "
                                    "--port-range {}:{}",
                                    name, range_.start, range_.end));
        given[name] = found;
        taken.insert(found);
    }
    return given;
}

} // namespace heliosd::agent
