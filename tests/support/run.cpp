// SPDX-License-Identifier: Apache-2.0
#include "support/run.h"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <stdexcept>

namespace heliosd::test {

Executor Loop::executor() {
    return loop.get_executor();
}

void Loop::run(Async<void> body) {
    bool ended = false;
    std::exception_ptr failure;
    asio::co_spawn(executor(), std::move(body), [&](std::exception_ptr error) {
        failure = error;
        ended = true;
    });
    turn();
    if (failure) std::rethrow_exception(failure);
    if (!ended) throw std::runtime_error("the coroutine never ended: it waits for something");
}

} // namespace heliosd::test
