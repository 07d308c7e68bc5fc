// SPDX-License-Identifier: Apache-2.0
#include "base/async/offload.h"

#include "base/log.h"

#include <csignal>

namespace heliosd {

ThreadOffload::ThreadOffload() {
    // The loop handles signals: the new thread inherits a mask that blocks them all.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { serve(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ThreadOffload::~ThreadOffload() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    ready_.notify_one();
    thread_.join();
}

void ThreadOffload::enqueue(std::function<void()> work) {
    {
        std::lock_guard lock(mutex_);
        queue_.push_back(std::move(work));
    }
    ready_.notify_one();
}

void ThreadOffload::serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
        ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        auto work = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        try {
            work();
        } catch (...) {
            log::error("offload", "work failed: {}", message_of(std::current_exception()));
        }
        work = nullptr;
        lock.lock();
    }
}

} // namespace heliosd
