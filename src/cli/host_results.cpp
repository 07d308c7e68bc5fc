// SPDX-License-Identifier: Apache-2.0
#include "cli/host_results.h"

#include "cli/output.h"

#include <ostream>

namespace heliosd::cli {

namespace {

void print(Session& session, std::string_view type, client::Answer const& answer) {
    auto& out = session.out();
    if (session.json()) {
        out << result_json(answer, {"host", "job", "status"});
    } else if (answer.outcome() == "OK") {
        out << "done\n";
    } else {
        out << "failed: " << result_text(type, answer, {"status", "job", "'host'"}) << "\n";
    }
    out << std::flush;
}

} // namespace

Async<Result<int>>
on_each_host(Session& session, std::vector<std::string> hosts, std::string_view type,
             std::function<Async<Result<client::Answer>>(std::string const& host)> change) {
    int code = 0;
    for (auto const& host : hosts) {
        // Before the request, so that a host that hangs is known.
        if (!session.json()) session.out() << host << ": " << std::flush;
        auto const answer = CO_TRY(co_await change(host));
        print(session, type, answer);
        if (answer.outcome() != "OK") code = 1;
    }
    co_return code;
}

} // namespace heliosd::cli
