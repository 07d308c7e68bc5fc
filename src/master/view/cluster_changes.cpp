// SPDX-License-Identifier: Apache-2.0
#include "master/view/cluster_changes.h"

#include <utility>

namespace heliosd::master {

void ChangeQueue::push(ChangePtr change) {
    if (waiting_.changes.size() == capacity_) {
        waiting_.changes.clear();
        waiting_.overflowed = true;
    }
    waiting_.changes.push_back(std::move(change));
}

ChangeQueue::Batch ChangeQueue::take() {
    return std::exchange(waiting_, {});
}

ChangeFeed::Listener::Listener(ChangeFeed& feed, Executor executor, std::size_t capacity)
    : feed_(feed), queue_(capacity), pushed_(executor) {
    feed_.listeners_.push_back(this);
}

ChangeFeed::Listener::~Listener() {
    std::erase(feed_.listeners_, this);
}

Async<void> ChangeFeed::Listener::wait_for(Clock& clock, Duration limit) {
    if (queue_.empty()) co_await pushed_.wait_for(clock, limit);
}

void ChangeFeed::publish(std::vector<ClusterChange> changes) {
    if (listeners_.empty()) return;
    for (auto& change : changes) {
        auto const shared = std::make_shared<ClusterChange const>(std::move(change));
        for (auto* const listener : listeners_) {
            listener->queue_.push(shared);
            listener->pushed_.set();
        }
    }
}

} // namespace heliosd::master
