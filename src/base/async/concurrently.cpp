// SPDX-License-Identifier: Apache-2.0
#include "base/async/concurrently.h"

#include "base/async/task_group.h"

#include <algorithm>
#include <exception>
#include <optional>

namespace heliosd::detail {
namespace {

/// Workers that process inputs until none is left or one has failed.
class Crew {
public:
    Crew(Executor executor, std::size_t count, Piece piece)
        : count_(count),
          piece_(std::move(piece)),
          workers_(executor, [this](std::string_view, std::exception_ptr thrown) {
              // Later exceptions are consequences of the first.
              if (failure_ || thrown_) return;
              thrown_ = thrown;
              workers_.cancel();
          }) {}

    Async<Result<>> run(std::size_t most) {
        co_await workers_.scope(body(most));
        if (thrown_) std::rethrow_exception(thrown_);
        if (failure_) co_return std::unexpected(std::move(*failure_));
        co_return Result<>{};
    }

private:
    Async<void> body(std::size_t most) {
        for (std::size_t i = 0; i < std::min(most, count_); ++i) workers_.spawn("worker", work());
        co_await workers_.drained();
    }

    Async<void> work() {
        while (next_ < count_ && !failure_) {
            auto const number = next_++;
            auto done = co_await piece_(number);
            if (done || failure_) continue;
            failure_ = std::move(done.error());
            workers_.cancel();
        }
    }

    std::size_t next_ = 0, count_;
    Piece piece_;
    std::optional<Error> failure_;
    std::exception_ptr thrown_;
    TaskGroup workers_;
};

} // namespace

Async<Result<>> concurrently(std::size_t most, std::size_t count, Piece piece) {
    auto const executor = co_await asio::this_coro::executor;
    Crew crew(executor, count, std::move(piece));
    co_return co_await crew.run(most);
}

} // namespace heliosd::detail
