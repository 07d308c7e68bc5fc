// SPDX-License-Identifier: Apache-2.0
#include "master/api/in_turns.h"

#include "model/job.h"

#include <set>

#include <boost/asio/post.hpp>

namespace heliosd::master {

Async<void> in_turns(std::function<bool()> step) {
    auto const executor = co_await asio::this_coro::executor;
    while (step()) co_await asio::post(executor, asio::use_awaitable);
}

Async<std::vector<std::string>> sort_in_turns(std::vector<std::string> texts) {
    std::set<std::string_view, model::Utf16Less> sorted;
    std::size_t next = 0;
    co_await in_turns([&] {
        for (std::size_t n = 0; n < items_per_turn && next < texts.size(); ++n)
            sorted.insert(texts[next++]);
        return next < texts.size();
    });
    co_return std::vector<std::string>(sorted.begin(), sorted.end());
}

} // namespace heliosd::master
