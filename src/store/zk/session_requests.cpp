// SPDX-License-Identifier: Apache-2.0
#include "base/async/auto_reset_event.h"
#include "store/zk/session.h"

#include <zookeeper/zookeeper.h>

#include <cerrno>
#include <sys/socket.h>
#include <utility>

// What happens to requests between `submit` and their end.

namespace heliosd::store {
namespace {

/// More would only wait in the server's queue instead of ours (it throttles from about there).
constexpr std::size_t most_in_flight = 1000;
/// So many packets are read before others get their turn on the loop.
constexpr int packets_at_once = 200;

struct Waiting {
    explicit Waiting(Executor executor) : answered(executor) {}
    ZkReply reply;
    AutoResetEvent answered;
};

} // namespace

void ZkSession::submit(ZkRequest::Start start, ZkRequest::Done done, bool patient) {
    auto request = std::make_unique<ZkRequest>();
    request->start = std::move(start);
    request->done = std::move(done);
    request->deadline = patient ? SteadyTime::max() : clock_.now() + options_.connection_limit;
    request->events = &events_;
    if (closed_) {
        request->done(zk::closing(false));
        return;
    }
    queue_.push_back(std::move(request));
    if (!kicked_) kick();
}

Async<ZkReply> ZkSession::call(ZkRequest::Start start) {
    // Shared, because a cancelled caller is gone before the reply comes.
    auto waiting = std::make_shared<Waiting>(executor_);
    submit(std::move(start), [waiting](ZkReply reply) {
        waiting->reply = std::move(reply);
        waiting->answered.set();
    });
    co_await waiting->answered.wait();
    co_return std::move(waiting->reply);
}

/// Whether the servers' side of the connection is still there, as far as this machine knows.
bool ZkSession::peer_is_there() const {
    char byte;
    auto const size = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

void ZkSession::send_queued() {
    // What is not sent on a dead connection need not be reported as "outcome unknown".
    if (connected_ && !queue_.empty() && !peer_is_there()) return;
    while (connected_ && !queue_.empty() && in_flight_.size() < most_in_flight) {
        auto request = std::move(queue_.front());
        queue_.pop_front();
        request->reply.sent = true;
        int const code = request->start(handle_.get(), request.get());
        if (code != ZOK) {
            request->reply.code = code;
            // Refused by the library itself: it has not been sent.
            request->reply.sent = false;
            request->done(std::move(request->reply));
            continue;
        }
        request->number = ++last_number_;
        in_flight_.emplace(request->number, std::move(request));
        // Sending may have shown that the connection is gone.
        if (zoo_state(handle_.get()) != ZOO_CONNECTED_STATE) return;
    }
}

void ZkSession::give_up_waiting() {
    if (connected_) return;
    auto const now = clock_.now();
    std::deque<std::unique_ptr<ZkRequest>> waiting, expired;
    for (auto& request : queue_)
        (request->deadline <= now ? expired : waiting).push_back(std::move(request));
    queue_ = std::move(waiting);
    for (auto& request : expired) request->done(zk::never_sent(trouble_));
}

void ZkSession::read_replies(int events) {
    if (!handle_) return;
    // One call handles one packet.
    for (int packets = 0; packets < packets_at_once; ++packets) {
        int const code = zookeeper_process(handle_.get(), events);
        note_trouble(code);
        if (code != ZOK || !(events & ZOOKEEPER_READ)) return;
        events = ZOOKEEPER_READ;
    }
    // There may be more: do not wait for the socket first.
    kicked_ = true;
}

void ZkSession::fail_in_flight(ZkReply const& reply) {
    auto failed = std::exchange(in_flight_, {});
    for (auto& [number, request] : failed) {
        auto done = std::exchange(request->done, nullptr);
        abandoned_.emplace(number, std::move(request));
        done(reply);
    }
}

void ZkSession::dispatch() {
    auto events = std::exchange(events_, {});
    for (auto* answered : events.finished) {
        if (abandoned_.erase(answered->number) > 0) continue;
        auto request = std::move(in_flight_.extract(answered->number).mapped());
        if (!request->reply.lost()) heard_ = true;
        request->done(std::move(request->reply));
    }
    for (auto const& path : events.fired) {
        heard_ = true;
        listener_.watch_fired(path);
    }
}

} // namespace heliosd::store
