// SPDX-License-Identifier: Apache-2.0
#include "store/zk/request_queue.h"

#include <zookeeper/zookeeper.h>

#include <algorithm>
#include <utility>

namespace heliosd::store {
namespace {

/// More would only wait in the server's queue instead of ours (it throttles from about there).
constexpr std::size_t most_sent = 1000;

} // namespace

std::unique_ptr<ZkRequest> ZkRequestQueue::make(ZkRequest::Start start, ZkRequest::Done done) {
    auto request = std::make_unique<ZkRequest>();
    request->start = std::move(start);
    request->done = std::move(done);
    request->deadline = SteadyTime::max();
    request->events = &events_;
    request->number = ++last_number_;
    return request;
}

ZkRequestQueue::Number ZkRequestQueue::push(ZkRequest::Start start, ZkRequest::Done done,
                                            SteadyTime deadline) {
    auto request = make(std::move(start), std::move(done));
    request->deadline = deadline;
    waiting_.push_back(std::move(request));
    return last_number_;
}

ZkRequestQueue::Number ZkRequestQueue::push_front(ZkRequest::Start start, ZkRequest::Done done) {
    waiting_.push_front(make(std::move(start), std::move(done)));
    return last_number_;
}

void ZkRequestQueue::withdraw(Number number) {
    std::erase_if(waiting_, [number](auto const& request) { return request->number == number; });
}

bool ZkRequestQueue::may_send() const {
    return !waiting_.empty() && sent_.size() < most_sent;
}

void ZkRequestQueue::send_next(_zhandle* handle) {
    auto request = std::move(waiting_.front());
    waiting_.pop_front();
    request->reply.sent = true;
    int const code = request->start(handle, request.get());
    if (code != ZOK) {
        request->reply.code = code;
        // Refused by the library itself: it has not been sent.
        request->reply.sent = false;
        request->done(std::move(request->reply));
        return;
    }
    request->sent_as = ++last_sent_;
    sent_.emplace(request->sent_as, std::move(request));
}

void ZkRequestQueue::expire(SteadyTime now, std::string const& trouble) {
    std::deque<std::unique_ptr<ZkRequest>> waiting, expired;
    for (auto& request : waiting_)
        (request->deadline <= now ? expired : waiting).push_back(std::move(request));
    waiting_ = std::move(waiting);
    for (auto& request : expired) request->done(zk::never_sent(trouble));
}

void ZkRequestQueue::fail_waiting(ZkReply const& reply) {
    while (!waiting_.empty()) {
        auto request = std::move(waiting_.front());
        waiting_.pop_front();
        request->done(reply);
    }
}

void ZkRequestQueue::fail_sent(ZkReply const& reply) {
    auto failed = std::exchange(sent_, {});
    for (auto& [number, request] : failed) {
        auto done = std::exchange(request->done, nullptr);
        abandoned_.emplace(number, std::move(request));
        done(reply);
    }
}

void ZkRequestQueue::handle_closed() {
    abandoned_.clear();
    events_ = {};
}

bool ZkRequestQueue::dispatch(std::function<void(std::string const& path)> const& fired) {
    auto events = std::exchange(events_, {});
    bool useful = !events.fired.empty();
    // An event comes before any reply that shows what fired it.
    for (auto const& path : events.fired) fired(path);
    for (auto* answered : events.finished) {
        if (abandoned_.erase(answered->sent_as) > 0) continue;
        auto request = std::move(sent_.extract(answered->sent_as).mapped());
        useful = useful || !request->reply.lost();
        request->done(std::move(request->reply));
    }
    return useful;
}

} // namespace heliosd::store
