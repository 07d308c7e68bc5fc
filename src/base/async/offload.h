// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

namespace heliosd {

/// Runs blocking work (fsync, SQLite commits, log files) outside the loop, one item at a time, in
/// order.
class Offload {
public:
    virtual ~Offload() = default;

    /// Runs `work` away from the loop, some time after this call returns. What it throws is logged.
    virtual void enqueue(std::function<void()> work) = 0;

    /// Runs `work` there and resumes on the loop with what it returned or threw. Once enqueued it
    /// runs to its end even when the caller is cancelled, so it must own what it uses.
    template <class Work> Async<std::invoke_result_t<Work>> run(Work work) {
        using Value = std::invoke_result_t<Work>;
        struct Outcome {
            std::optional<Value> value;
            std::exception_ptr failure;
        };
        auto executor = co_await asio::this_coro::executor;
        // Keeps `io_context::run` from returning while the other thread works.
        auto keep_alive = asio::prefer(executor, asio::execution::outstanding_work.tracked);
        auto start = [this, keep_alive](auto handler, Work job) {
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            enqueue([shared, keep_alive, job = std::move(job)]() mutable {
                Outcome outcome;
                try {
                    outcome.value.emplace(job());
                } catch (...) {
                    outcome.failure = std::current_exception();
                }
                asio::post(keep_alive, [shared, outcome = std::move(outcome)]() mutable {
                    std::move (*shared)(std::move(outcome));
                });
            });
        };
        auto outcome = co_await asio::async_initiate<decltype(asio::use_awaitable), void(Outcome)>(
            std::move(start), asio::use_awaitable, std::move(work));
        if (outcome.failure) std::rethrow_exception(outcome.failure);
        co_return std::move(*outcome.value);
    }
};

/// One thread. The destructor finishes what was enqueued.
class ThreadOffload final : public Offload {
public:
    ThreadOffload();
    ~ThreadOffload() override;
    void enqueue(std::function<void()> work) override;

private:
    void serve();

    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::thread thread_;
};

/// Runs the work in `enqueue`: for simulation, where a second thread would make virtual time jump.
class InlineOffload final : public Offload {
public:
    void enqueue(std::function<void()> work) override { work(); }
};

} // namespace heliosd
