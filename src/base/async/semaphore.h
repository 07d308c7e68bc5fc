// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/condition.h"

#include <cstddef>
#include <utility>

namespace heliosd {

/// Limits how many coroutines do something in parallel. The destructor of a `Slot` releases it.
class Semaphore {
public:
    class Slot {
    public:
        explicit Slot(Semaphore* owner) : owner_(owner) {}
        Slot(Slot&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
        Slot& operator=(Slot&&) = delete;
        ~Slot() {
            if (!owner_) return;
            ++owner_->free_;
            owner_->changed_.notify();
        }

    private:
        Semaphore* owner_;
    };

    Semaphore(Executor executor, std::size_t count) : changed_(executor), free_(count) {}

    /// Suspends until a slot is free.
    Async<Slot> acquire() {
        while (free_ == 0) co_await changed_.wait();
        --free_;
        co_return Slot(this);
    }

private:
    Condition changed_;
    std::size_t free_;
};

} // namespace heliosd
